import { desk, problem, ticket, within } from './desk'
import { describe, expect, it } from 'vitest'
import { useNudge } from '@/features/portal/nudge'
import type { Ticket } from '@/features/portal/ticket'

const NUMBER = ticket().number
const key = (one: Request | undefined): string => one?.headers.get('Idempotency-Key') ?? ''

describe('asking us to hurry', () => {
  it('is done once, and gives the ticket as it is then', async () => {
    const { asked } = desk(() => ({ body: ticket({ version: 2 }) }))
    const taken: Ticket[] = []
    const { made, end } = within(() => useNudge(NUMBER, (one) => taken.push(one)))
    await Promise.all([made.nudge(), made.nudge()])
    expect(asked.map((one) => new URL(one.url).pathname)).toEqual([`/api/v1/portal/tickets/${NUMBER}/nudge`])
    expect([made.done.value, taken.map((one) => one.version)]).toEqual([true, [2]])
    end()
  })

  it('says when it may be done again', async () => {
    desk(() => problem(429, 'NudgedAlready', { detail: '可在 18:05 之后再次催办。' }))
    const { made, end } = within(() => useNudge(NUMBER, () => undefined))
    await made.nudge()
    expect([made.done.value, made.problem.value?.detail]).toEqual([false, '可在 18:05 之后再次催办。'])
    end()
  })

  it('is the same one where the answer was lost', async () => {
    const { made, end } = within(() => useNudge(NUMBER, () => undefined))
    const { asked: first } = desk(() => 'unreachable')
    await made.nudge()
    const { asked: second } = desk(() => ({ body: ticket() }))
    await made.nudge()
    expect(key(first[0])).not.toBe('')
    expect(key(second[0])).toBe(key(first[0]))
    expect(made.done.value).toBe(true)
    end()
  })
})
