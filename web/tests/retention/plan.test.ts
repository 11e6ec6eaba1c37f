import { beforeEach, describe, expect, it } from 'vitest'
import {
  dueSums,
  isOpen,
  isRunning,
  isUnit,
  planLines,
  titles,
  wayOf,
  wrongsOfRule,
} from '@/features/retention/plan'
import type { PlanMonth, Rule } from '@/features/retention/api'
import en from '@/features/retention/texts.en.json'
import zh from '@/features/retention/texts.zh.json'
import { has, setLanguage, startTexts } from '@/shared/i18n'

function month(name: string, record_class: string, count: number, held = 0): PlanMonth {
  return { month: name, record_class, count, held }
}

beforeEach(async () => {
  await startTexts({
    zh: () => Promise.resolve({ default: zh }),
    en: () => Promise.resolve({ default: en }),
  })
})

describe('the plan', () => {
  it('is told month by month, with the classes of each and what is held', () => {
    const { lines, later } = planLines(
      [
        month('2027-02', 'ticket', 3, 1),
        month('2027-01', 'ticket', 2),
        month('2027-02', 'dispute_file', 4, 1),
      ],
      (code) => code.toUpperCase(),
    )
    expect(lines.map((one) => [one.month, one.held])).toEqual([
      ['2027-01', 0],
      ['2027-02', 2],
    ])
    expect(lines[1]?.parts).toEqual([
      { title: 'TICKET', count: 3 },
      { title: 'DISPUTE_FILE', count: 4 },
    ])
    expect(later).toBe(0)
  })
  it('tells twelve months and sums what is later', () => {
    const months = Array.from({ length: 15 }, (_, n) => month(`${2030 + n}-01`, 'ticket', n + 1))
    const { lines, later } = planLines(months, (code) => code)
    expect(lines).toHaveLength(12)
    expect(later).toBe(13 + 14 + 15)
  })
})

describe('what is over its time', () => {
  it('is summed, apart from what is held', () => {
    const due = [
      { record_class: 'ticket', count: 2, held: 1, oldest: null, newest: null },
      { record_class: 'dispute_file', count: 5, held: 0, oldest: null, newest: null },
    ]
    expect(dueSums(due)).toEqual({ count: 7, held: 1 })
  })
  it('is proposed by no one while a run waits or is worked off', () => {
    expect(isOpen([{ state: 'done' }, { state: 'refused' }])).toBe(false)
    expect(isOpen([{ state: 'proposed' }])).toBe(true)
    expect(isRunning([{ state: 'proposed' }])).toBe(false)
    expect(isRunning([{ state: 'approved' }])).toBe(true)
  })
})

describe('a rule as typed', () => {
  it('needs a whole number and a note', () => {
    const wrong = (amount: string, note: string): string[] =>
      wrongsOfRule(amount, note, 'needed').map((one) => one.pointer)
    expect(wrong('3', '行内制度')).toEqual([])
    expect(wrong('', ' ')).toEqual(['/amount', '/note'])
    expect(wrong('0', 'ok')).toEqual(['/amount'])
    expect(wrong('1.5', 'ok')).toEqual(['/amount'])
  })
  it('knows the units', () => {
    expect(['day', 'month', 'year', 'week'].map(isUnit)).toEqual([true, true, true, false])
  })
  it('is called by its title, else by its code', () => {
    const rules = [{ record_class: 'ticket', title: '一般工单' } as Rule]
    expect(titles(rules)('ticket')).toBe('一般工单')
    expect(titles(rules)('other')).toBe('other')
  })
})

describe('a hold', () => {
  it('is lifted by another than who asked', () => {
    const stands = { stands: true, lift_asked_by: null, own_wish: false }
    expect(wayOf(stands)).toBe('ask')
    expect(wayOf({ ...stands, lift_asked_by: '甲', own_wish: true })).toBe('wait')
    expect(wayOf({ ...stands, lift_asked_by: '甲' })).toBe('decide')
    expect(wayOf({ ...stands, stands: false })).toBe('none')
  })
  it('has a word for each ground and state, in both languages', () => {
    for (const language of ['zh', 'en'] as const) {
      setLanguage(language)
      for (const ground of ['lawsuit', 'regulator', 'police', 'audit', 'other']) {
        expect(has(`retention.ground.${ground}`)).toBe(true)
      }
      for (const state of ['proposed', 'approved', 'done', 'refused']) {
        expect(has(`retention.run_state.${state}`)).toBe(true)
      }
    }
  })
})
