import { desk, FakeStream, problem, ticket, within } from './desk'
import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { standing } from '@/features/portal/session'
import { keyring, useTicket, type OpenTicket } from '@/features/portal/ticket'
import { merged, useTickets, type Row } from '@/features/portal/tickets'
import { endLive } from '@/shared/api/live'
import { Problem } from '@/shared/api/problem'

const ID = ticket().id

describe('one open ticket', () => {
  let now = ticket()
  let asked: Request[] = []
  let opened: { made: OpenTicket; end: () => void }

  beforeEach(async () => {
    vi.useFakeTimers()
    vi.stubGlobal('EventSource', FakeStream)
    standing.value = 'in'
    now = ticket()
    asked = desk(() => ({ body: now })).asked
    opened = within(() => useTicket(now.number))
    await flushPromises()
  })
  afterEach(() => {
    opened.end()
    endLive()
    vi.useRealTimers()
  })

  it('is read once, and again when the desk tells of a newer version', async () => {
    expect(asked.length).toBe(1)
    FakeStream.last?.tell('ticket', { id: ID, number: now.number, version: 1 })
    FakeStream.last?.tell('ticket', { id: 'another', number: '1', version: 9 })
    await flushPromises()
    expect(asked.length).toBe(1)
    const answer = { id: 'm1', at: '2026-11-21T11:00:00+08:00', from: 'desk' as const, body: '好的' }
    now = ticket({ version: 2, messages: [answer] })
    FakeStream.last?.tell('ticket', { id: ID, number: now.number, version: 2 })
    await flushPromises()
    expect(opened.made.ticket.value?.messages).toEqual([answer])
    expect(opened.made.news.value).toBe('portal.news_answer')
  })

  it('reads many changes together', async () => {
    now = ticket({ version: 5 })
    for (const version of [2, 3, 4, 5])
      FakeStream.last?.tell('ticket', { id: ID, number: now.number, version })
    await flushPromises()
    expect(asked.length).toBe(3)
    expect(opened.made.ticket.value?.version).toBe(5)
  })

  it('reads again within the time the desk asks for, and after a gap', async () => {
    FakeStream.last?.tell('again', { within_ms: 1000 })
    expect(asked.length).toBe(1)
    await vi.advanceTimersByTimeAsync(1000)
    expect(asked.length).toBe(2)
    FakeStream.last?.dispatchEvent(new Event('open'))
    FakeStream.last?.dispatchEvent(new Event('open'))
    await flushPromises()
    expect(asked.length).toBe(3)
  })

  it('never goes back to an older version', async () => {
    now = ticket({ version: 3, state_text: '正在处理' })
    await opened.made.read()
    now = ticket({ version: 2 })
    await opened.made.read()
    expect(opened.made.ticket.value?.state_text).toBe('正在处理')
  })

  it('sends words once: the same key until they arrived', async () => {
    desk(() => 'unreachable')
    await expect(opened.made.say('您好')).rejects.toThrow(Problem)
    const { asked: later } = desk(() => ({ status: 201, body: ticket({ version: 2 }) }))
    await opened.made.say('您好')
    await opened.made.say('您好')
    const [first, second] = later.map((one) => one.headers.get('Idempotency-Key'))
    expect(first).toBeTruthy()
    expect(second).not.toBe(first)
    expect(opened.made.ticket.value?.version).toBe(2)
  })

  it('sends words once, also from the page opened again after the answer was lost', async () => {
    const { asked: before } = desk(() => 'unreachable')
    await expect(opened.made.say('您好')).rejects.toThrow(Problem)
    const { asked: later } = desk(() => ({ status: 201, body: ticket({ version: 2 }) }))
    const again = within(() => useTicket(ticket().number))
    await again.made.say('您好')
    again.end()
    const key = (one: { headers: Headers } | undefined): string => one?.headers.get('Idempotency-Key') ?? ''
    expect(key(later.at(-1))).toBe(key(before.at(-1)))
    expect(key(before.at(-1))).not.toBe('')
  })

  it('says why it cannot be read', async () => {
    desk(() => problem(404, 'NotFound'))
    const { made, end } = within(() => useTicket('1'))
    await flushPromises()
    expect(made.problem.value?.status).toBe(404)
    end()
  })
})

describe('the key of an intention', () => {
  it('is one for each thing to be sent', () => {
    const keys = keyring()
    const first = keys.of('a')
    expect(keys.of('a')).toBe(first)
    expect(keys.of('b')).not.toBe(first)
    const again = keys.of('b')
    keys.done()
    expect(keys.of('b')).not.toBe(again)
  })
})

describe('the list of tickets', () => {
  const row = (id: string, more: Partial<Row> = {}): Row => ({
    id, number: id, title: id, case_title: '', stage: 'intake', state_text: '', open: true, opened_at: '', changed_at: '', needs_you: false, ...more,
  }) // prettier-ignore

  it('takes what is read in place of what was known, newest first', () => {
    const found = merged([row('b'), row('a')], [row('c'), row('b', { state_text: 'now' })])
    expect(found.map((one) => [one.id, one.state_text])).toEqual([['c', ''], ['b', 'now'], ['a', '']]) // prettier-ignore
  })

  it('shows first what waits for the customer, and more when asked', async () => {
    vi.stubGlobal('EventSource', FakeStream)
    standing.value = 'in'
    desk((request) =>
      request.url.includes('after=b')
        ? { body: { items: [row('a')], next: null } }
        : { body: { items: [row('c'), row('b', { needs_you: true })], next: 'b' } },
    )
    const { made, end } = within(useTickets)
    await flushPromises()
    expect(made.waiting.value.map((one) => one.id)).toEqual(['b'])
    expect(made.hasMore.value).toBe(true)
    await made.more()
    expect(made.others.value.map((one) => one.id)).toEqual(['c', 'a'])
    expect(made.hasMore.value).toBe(false)
    end()
    endLive()
  })
})
