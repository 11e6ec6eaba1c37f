import { desk, problem, within } from './desk'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useProgress } from '@/features/portal/progress'

const ASKED = { number: ' 8516725480 ', last4: '8000', tenant: '' }
const FOUND = { number: '8516725480', stage: 'intake', state_text: '已收到', explanation: '', steps: [], changed_at: '' } // prettier-ignore

describe('looking up progress', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('finds a ticket by its number and four digits', async () => {
    const { asked } = desk(() => ({ body: FOUND }))
    const { made, end } = within(useProgress)
    await made.look(ASKED)
    expect(made.found.value?.state_text).toBe('已收到')
    expect(await asked[0]?.json()).toEqual({ number: '8516725480', last4: '8000' })
    end()
  })

  it('asks the desk nothing while something is missing', async () => {
    const { asked } = desk(() => ({ body: FOUND }))
    const { made, end } = within(useProgress)
    await made.look({ number: '', last4: '80a0', tenant: '' })
    expect(Object.keys(made.wrong.value)).toEqual(['/number', '/last4'])
    expect(asked).toEqual([])
    end()
  })

  it('counts down the seconds until another try', async () => {
    desk(() => ({ ...problem(429, 'TooManyTries'), headers: { 'retry-after': '65' } }))
    const { made, end } = within(useProgress)
    await made.look(ASKED)
    expect([made.wait.value, made.told.value, made.problem.value]).toEqual([65, 65, null])
    vi.advanceTimersByTime(64_000)
    expect([made.wait.value, made.told.value]).toEqual([1, 65])
    vi.advanceTimersByTime(5_000)
    expect(made.wait.value).toBe(0)
    end()
  })

  it('asks for the institution where the desk has several', async () => {
    desk(() => problem(422, 'Invalid', { errors: [{ pointer: '/tenant', code: 'missing', detail: '必填' }] }))
    const { made, end } = within(useProgress)
    await made.look(ASKED)
    expect([made.needsTenant.value, made.wrong.value]).toEqual([true, { '/tenant': '必填' }])
    end()
  })

  it('says the same of a wrong number and of wrong digits: what the desk says', async () => {
    desk(() => problem(404, 'NoSuchProgress'))
    const { made, end } = within(useProgress)
    await made.look(ASKED)
    expect(made.problem.value?.detail).toBe('NoSuchProgress.')
    end()
  })
})
