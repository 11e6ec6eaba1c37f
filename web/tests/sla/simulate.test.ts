import { describe, expect, it } from 'vitest'
import { asked, lacking, started } from '@/features/sla/simulate'
import { momentOf } from '@/features/sla/words'

const NOW = new Date('2026-11-22T04:05:06Z')

describe('when would this be due', () => {
  it('begins now, on the wall clock of China', () => {
    expect(started('', NOW).start).toBe('2026-11-22T12:05')
    expect(momentOf('2026-11-22T12:05')).toBe('2026-11-22T12:05:00+08:00')
    expect(momentOf('')).toBeNull()
  })
  it('asks for a bare limit, or for a clock of a policy with what the case type promises', () => {
    const bare = {
      ...started('', NOW),
      pauses: [{ reason: 'customer' as const, from: '2026-11-22T13:00', to: '' }],
    }
    expect(asked(bare, false)).toEqual({
      start: '2026-11-22T12:05:00+08:00',
      queue: '',
      pauses: [{ reason: 'customer', started_at: '2026-11-22T13:00:00+08:00', ended_at: null }],
      rule: { amount: 4, unit: 'hour', calendar: '', last_day: 'strict' },
    })
    const own = asked({ ...started('complaints', NOW), clock: 'resolution', promise: '1.5' }, true)
    expect(own).toMatchObject({ policy: 'complaints', clock: 'resolution', promise_seconds: 5400 })
    expect(own.rule).toBeUndefined()
  })
})

it('says which moments are missing', () => {
  const trial = started('', new Date('2026-11-22T06:00:00Z'))
  expect(lacking(trial)).toEqual([])
  const pauses = [
    { reason: 'customer' as const, from: '2026-11-22T15:00', to: '' },
    { reason: 'customer' as const, from: '', to: '' },
  ]
  expect(lacking({ ...trial, start: '', pauses }).map((one) => one.pointer)).toEqual([
    '/start',
    '/pauses/1/started_at',
  ])
})
