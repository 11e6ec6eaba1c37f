import { describe, expect, it } from 'vitest'
import { dayBegins, exportAddress, NOTHING, queryOf } from '@/features/audit/api'
import { facts } from '@/features/audit/words'

describe('what is searched for', () => {
  it('leaves out what is empty and counts the last day in', () => {
    expect(queryOf(NOTHING)).toEqual({})
    const asked = { ...NOTHING, who: ' zhang ', from: '2026-11-21', to: '2026-11-21' }
    expect(queryOf(asked)).toEqual({
      who: 'zhang',
      from: dayBegins('2026-11-21'),
      to: dayBegins('2026-11-22'),
    })
    expect(Date.parse(dayBegins('2026-11-21', 1)) - Date.parse(dayBegins('2026-11-21'))).toBe(86_400_000)
    expect(dayBegins('2026-12-31', 1)).toBe(dayBegins('2027-01-01'))
  })
  it('is what the export is of', () => {
    expect(exportAddress({ ...NOTHING, kind: 'value.unmasked' })).toBe(
      '/api/v1/audit/export?kind=value.unmasked',
    )
  })
})

describe('what an event says', () => {
  it('is told member by member', () => {
    expect(facts({ rule: 'hour', count: 31, asked: { who: 'x' } })).toEqual([
      { name: 'rule', value: 'hour' },
      { name: 'count', value: '31' },
      { name: 'asked', value: '{"who":"x"}' },
    ])
  })
})
