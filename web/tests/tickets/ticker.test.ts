import { effectScope, watch } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useTicker, type Ticker } from '@/shared/ui/ticker'
import { isClose, timeLeft } from '@/features/tickets/timeLeft'

beforeEach(() => {
  vi.useFakeTimers()
  vi.setSystemTime('2026-11-22T00:00:00Z')
})
afterEach(() => vi.useRealTimers())

describe('the ticker', () => {
  it('ticks each second for who counts seconds and each minute for the rest, on one timer', async () => {
    const scopes = Array.from({ length: 50 }, () => effectScope())
    const tickers = scopes.map((scope) => scope.run(useTicker))
    expect(vi.getTimerCount()).toBe(1)
    const ticker = tickers[0] as Ticker
    const seen = { seconds: 0, minutes: 0 }
    const stops = [
      watch(ticker.second, () => (seen.seconds += 1), { flush: 'sync' }),
      watch(ticker.minute, () => (seen.minutes += 1), { flush: 'sync' }),
    ]
    await vi.advanceTimersByTimeAsync(120_000)
    expect(seen).toEqual({ seconds: 120, minutes: 2 })
    stops.forEach((stop) => stop())
    scopes.forEach((scope) => scope.stop())
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('time left', () => {
  const now = Date.parse('2026-11-22T00:00:00Z')
  const timed = (due: string, state: 'running' | 'paused' | 'breached' = 'running') =>
    timeLeft({ due_at: due, state, from: '2026-11-21T00:00:00Z' }, now).kind
  it('has a colour only where it says something', () => {
    expect(timed('2026-11-23T00:00:00Z')).toBe('plain')
    expect(timed('2026-11-22T07:00:00Z')).toBe('warn')
    expect(timed('2026-11-21T23:59:59Z', 'breached')).toBe('urgent')
    expect(timed('2026-11-22T07:00:00Z', 'paused')).toBe('still')
    expect(timeLeft({ due_at: null, state: null, from: '' }, now).kind).toBe('still')
  })
  it('counts seconds within the hour only', () => {
    expect(isClose('2026-11-22T00:59:00Z', now)).toBe(true)
    expect(isClose('2026-11-21T23:30:00Z', now)).toBe(true)
    expect(isClose('2026-11-22T01:02:00Z', now)).toBe(false)
    expect(isClose(null, now)).toBe(false)
  })
})
