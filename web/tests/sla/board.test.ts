import { effectScope, nextTick, ref, type EffectScope } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { BoardRow } from '@/features/tickets/board/reading'
import { difference, inPlace, keyOf } from '@/features/tickets/board/board'
import { useBoard, type OpenBoard } from '@/features/tickets/board/useBoard'
import { endLive, live } from '@/shared/api/live'
import { stream, stubDesk, stubStream, type StubDesk } from '../stubs'
import { row } from '../tickets/queue/row'

const clock = (id: string, minute = '10'): BoardRow => ({
  ticket: row(id),
  kind: 'resolution',
  title: '解决',
  due_at: `2026-11-22T01:${minute}:00Z`,
  left_seconds: 600,
  stage: '',
})

describe('what a new reading brings', () => {
  const shown = [clock('1'), clock('2'), clock('3')]
  it('is nothing where only times changed', () => {
    expect(difference(shown, [clock('1', '11'), clock('2'), clock('3')])).toEqual({ news: 0, others: 0 })
  })
  it('is what came, what went and what changed places', () => {
    expect(difference(shown, [clock('4'), clock('2'), clock('3')])).toEqual({ news: 1, others: 1 })
    expect(difference(shown, [clock('2'), clock('1'), clock('3')])).toEqual({ news: 0, others: 2 })
  })
  it('is drawn in place: nothing moves, nothing goes', () => {
    const now = inPlace(shown, [clock('3', '59'), clock('9')])
    expect(now.map(keyOf)).toEqual(shown.map(keyOf))
    expect(now[2]?.due_at).toContain('01:59')
  })
})

describe('the board', () => {
  let desk: StubDesk
  let scope: EffectScope
  let board: OpenBoard
  const within = ref(60)
  const follows = ref(false)
  let items: BoardRow[] = []
  const reads = (): number => desk.asked.filter((one) => one.path.endsWith('/sla/board')).length

  beforeEach(async () => {
    vi.useFakeTimers()
    stubStream()
    endLive()
    desk = stubDesk()
    within.value = 60
    follows.value = false
    items = [clock('1'), clock('2')]
    desk.answers.set('GET /api/v1/sla/board', () => ({
      body: {
        at: '2026-11-22T01:00:00Z',
        items,
        counts: { breached: 3, within: items.length, capped: false },
      },
    }))
    live()
    scope = effectScope()
    board = scope.run(() => useBoard({ within, team: ref(''), follows })) as OpenBoard
    await vi.advanceTimersByTimeAsync(0)
  })
  afterEach(() => {
    scope.stop()
    endLive()
    vi.useRealTimers()
  })

  it('reads once for many changes, and says what came without moving anything', async () => {
    expect(board.counts.value?.breached).toBe(3)
    items = [clock('9'), clock('1'), clock('2')]
    for (let i = 0; i < 50; i += 1) stream().tell('tickets', { rows: [], gone: [] })
    await vi.advanceTimersByTimeAsync(3_100)
    expect(reads()).toBe(2)
    expect(board.rows.value.map((one) => one.ticket.id)).toEqual(['1', '2'])
    expect(board.changes.value).toEqual({ news: 1, others: 0 })
    board.show()
    expect(board.rows.value).toHaveLength(3)
    expect(board.changes.value).toEqual({ news: 0, others: 0 })
  })
  it('shows at once where one wants that: a board on the wall', async () => {
    follows.value = true
    items = [clock('9')]
    stream().tell('tickets', { rows: [], gone: [] })
    await vi.advanceTimersByTimeAsync(3_100)
    expect(board.rows.value.map((one) => one.ticket.id)).toEqual(['9'])
  })
  it('reads by itself each minute: what was far becomes near', async () => {
    await vi.advanceTimersByTimeAsync(61_000)
    expect(reads()).toBe(2)
  })
  it('is another list for another span', async () => {
    within.value = 240
    items = [clock('7')]
    await nextTick()
    await vi.advanceTimersByTimeAsync(0)
    expect(desk.asked.at(-1)?.query.get('within')).toBe('240')
    expect(board.rows.value.map((one) => one.ticket.id)).toEqual(['7'])
  })
  it('keeps what it shows where the desk cannot be asked', async () => {
    desk.answers.set('GET /api/v1/sla/board', () => ({ status: 503 }))
    await vi.advanceTimersByTimeAsync(61_000)
    expect(board.problem.value?.status).toBe(503)
    expect(board.rows.value).toHaveLength(2)
  })
})
