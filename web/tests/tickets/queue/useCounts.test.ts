import { computed, effectScope } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { endLive } from '@/shared/api/live'
import { parseTree } from '@/features/tickets/queue/filter'
import { useCounts } from '@/features/tickets/queue/useCounts'
import { stream, stubDesk, stubStream } from '../../stubs'
import { IDS, row } from './row'

const COUNT = 'GET /api/v1/tickets/count'
const mine = parseTree({ field: 'assignee', is: 's-me' })

describe('counts read again', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    stubStream()
  })
  afterEach(() => {
    endLive()
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  it('more rarely the longer it goes on, soon after a quiet time, and never for what is new since', async () => {
    const desk = stubDesk()
    const headers = { date: new Date(row('1').opened_at).toUTCString() }
    desk.answers.set(COUNT, () => ({ body: { count: 5, capped: false }, headers }))
    const scope = effectScope()
    const made = scope.run(() =>
      useCounts(
        computed(() => [{ id: 'mine', tree: () => mine }]),
        IDS,
      ),
    )
    const reads = (): number => desk.asked.length
    const n = (): number | undefined => made?.counts.value.get('mine')?.n
    let id = 0
    const stale = (): void =>
      stream().tell('tickets', { rows: [row(`old-${++id}`, { version: 3 })], gone: [] })
    await vi.advanceTimersByTimeAsync(601)
    expect([reads(), n()]).toEqual([1, 5])
    const later = new Date(Date.parse(row('1').opened_at) + 5_000).toISOString()
    stream().tell('tickets', { rows: [row('new', { version: 3, opened_at: later })], gone: [] })
    expect(n()).toBe(6)
    await vi.advanceTimersByTimeAsync(200_000)
    expect(reads()).toBe(1)
    stale()
    await vi.advanceTimersByTimeAsync(46_000)
    expect(reads()).toBe(2)
    stale()
    await vi.advanceTimersByTimeAsync(46_000)
    expect(reads()).toBe(2)
    await vi.advanceTimersByTimeAsync(46_000)
    expect(reads()).toBe(3)
    await vi.advanceTimersByTimeAsync(301_000)
    stale()
    await vi.advanceTimersByTimeAsync(46_000)
    expect(reads()).toBe(4)
    scope.stop()
  })
})
