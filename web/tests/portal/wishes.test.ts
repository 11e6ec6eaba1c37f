import { desk, problem, within } from './desk'
import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { useWishes } from '@/features/portal/wishes'

const KEPT = { email: true, email_to: 'a***@example.com', sms: true, sms_to: null }

describe('how a customer is told', () => {
  it('switches one way and leaves the other', async () => {
    let sent: unknown = null
    desk(async (request) => {
      if (request.method === 'GET') return { body: KEPT }
      sent = await request.json()
      return { body: { ...KEPT, sms: false } }
    })
    const { made, end } = within(useWishes)
    await flushPromises()
    await made.set('sms', false)
    expect(sent).toEqual({ email: true, sms: false })
    expect([made.wishes.value?.sms, made.kept.value]).toEqual([false, 'sms'])
    end()
  })

  it('stands as it was where the desk refuses, and says why', async () => {
    desk((request) => (request.method === 'GET' ? { body: KEPT } : problem(503, 'Busy')))
    const { made, end } = within(useWishes)
    await flushPromises()
    await made.set('email', false)
    expect(made.wishes.value).toEqual(KEPT)
    expect([made.problem.value?.status, made.kept.value]).toEqual([503, null])
    end()
  })

  it('can be read again after it could not be', async () => {
    desk(() => 'unreachable')
    const { made, end } = within(useWishes)
    await flushPromises()
    expect([made.wishes.value, made.unread.value?.unreachable]).toEqual([null, true])
    desk(() => ({ body: KEPT }))
    await made.read()
    expect([made.wishes.value, made.unread.value]).toEqual([KEPT, null])
    end()
  })
})
