import type { LedgerEntry } from '@/features/sla/api'
import { beforeAll, describe, expect, it } from 'vitest'
import { setLanguage, startTexts } from '@/shared/i18n'
import format from '@/shared/i18n/texts.zh.json'
import { countedIn, exactly, isByHours, ribbon } from '@/features/sla/ledger/ledger'

const entry = (start: string, end: string, counted: boolean, cause = 'working'): LedgerEntry => ({
  start: `2026-11-20T${start}Z`,
  end: `2026-11-20T${end}Z`,
  seconds: (Date.parse(`2026-11-20T${end}Z`) - Date.parse(`2026-11-20T${start}Z`)) / 1000,
  counted,
  cause,
  detail: '',
  text: '',
})
const PAST = [
  entry('01:00:00', '04:00:00', true),
  entry('04:00:00', '05:30:00', false, 'closed_hours'),
  entry('05:30:00', '06:30:01', false, 'paused'),
]
const AHEAD = [entry('06:30:01', '09:00:00', true)]

describe('a ledger', () => {
  it('sums what counted, to the second', () => {
    expect(countedIn(PAST)).toBe(3 * 3600)
  })
  it('is drawn whole, each stretch as long as it was', () => {
    const pieces = ribbon(PAST, AHEAD)
    expect(pieces.map((one) => one.kind)).toEqual(['counted', 'not', 'paused', 'ahead'])
    expect(pieces[0]).toMatchObject({ from: 0, length: 375 })
    expect(pieces.reduce((sum, one) => sum + one.length, 0)).toBeCloseTo(1000, 6)
    expect(ribbon([], [])).toEqual([])
  })
  it('is said to the second; working time in hours, for its days are shorter', () => {
    expect(exactly(40 * 3600 + 61, true)).toBe('40 小时 1 分 1 秒')
    expect(exactly(40 * 3600, false)).toBe('1 天 16 小时')
    expect(exactly(0, true)).toBe('0 秒')
    expect(isByHours(PAST)).toBe(true)
    expect(isByHours([entry('01:00:00', '02:00:00', true, 'calendar_day')])).toBe(false)
  })
})

beforeAll(async () => {
  const zh = { default: format }
  await startTexts({ zh: () => Promise.resolve(zh), en: () => Promise.resolve(zh) })
  await setLanguage('zh')
})
