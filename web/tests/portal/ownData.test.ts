import { desk, problem, within } from './desk'
import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MAKING_MS, useOwnData, WAITING_MS } from '@/features/portal/ownData'

const of = (state: string) => ({ id: 'r', asked_at: '2026-11-01T00:00:00Z', state, state_text: state })

describe('what we hold of the customer', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is asked for once, while nothing is being dealt with', async () => {
    let asked = 0
    desk((request) => {
      if (request.method === 'POST') {
        asked += 1
        expect(request.headers.get('Idempotency-Key')).toBeTruthy()
        return { status: 201, body: of('asked') }
      }
      return { body: asked > 0 ? [of('asked')] : [] }
    })
    const { made, end } = within(useOwnData)
    await flushPromises()
    expect(made.canAsk.value).toBe(true)
    await made.send()
    expect([asked, made.canAsk.value, made.requests.value?.[0]?.state]).toEqual([1, false, 'asked'])
    end()
  })

  it('is looked at again until it is ready, sooner while the file is made, and no more after', async () => {
    const states = ['asked', 'released', 'ready']
    let reads = 0
    desk(() => ({ body: [of(states[Math.min(reads++, 2)] ?? '')] }))
    const { made, end } = within(useOwnData)
    await flushPromises()
    await vi.advanceTimersByTimeAsync(WAITING_MS)
    expect(made.requests.value?.[0]?.state).toBe('released')
    await vi.advanceTimersByTimeAsync(MAKING_MS)
    expect([made.requests.value?.[0]?.state, made.canAsk.value]).toEqual(['ready', true])
    await vi.advanceTimersByTimeAsync(10 * WAITING_MS)
    expect(reads).toBe(3)
    end()
  })

  it('says why it was refused, and why it cannot be read', async () => {
    desk((request) => (request.method === 'POST' ? problem(409, 'AccessAsked') : { body: [] }))
    const { made, end } = within(useOwnData)
    await flushPromises()
    await made.send()
    expect(made.problem.value?.status).toBe(409)
    desk(() => 'unreachable')
    await made.read()
    expect(made.unread.value?.unreachable).toBe(true)
    end()
    await vi.advanceTimersByTimeAsync(WAITING_MS)
  })
})
