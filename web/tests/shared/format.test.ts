import { describe, expect, it } from 'vitest'
import { dueTime, spokenDue, spokenTime } from '@/shared/i18n/format'

const NOW = new Date('2026-11-22T10:00:00+08:00')

describe('a moment by which something is due', () => {
  it('is the end of the day before where it is midnight', () => {
    expect(spokenDue('2026-12-08T00:00:00+08:00', NOW)).toBe('12月7日 24:00')
    expect(dueTime('2026-12-08T00:00:00+08:00')).toBe('2026-12-07 24:00')
    expect(spokenDue('2027-01-01T00:00:00+08:00', NOW)).toBe('12月31日 24:00')
  })
  it('is said like any other where it is not', () => {
    for (const at of ['2026-12-08T00:01:00+08:00', '2026-12-07T23:59:00+08:00', '2026-12-07T12:00:00+08:00'])
      expect(spokenDue(at, NOW)).toBe(spokenTime(at, NOW))
  })
})
