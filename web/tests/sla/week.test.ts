import { describe, expect, it } from 'vitest'
import type { Segment } from '@/features/sla/api'
import {
  clockOf,
  isOvernight,
  minuteOf,
  segmentsOf,
  shiftsOf,
  timesOf,
  weekOf,
} from '@/features/sla/calendars/week'

const OFFICE: Segment[] = [
  { start: 540, end: 720 },
  { start: 810, end: 1080 },
]
const WEEK = [OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, [], []]

describe('a time of day', () => {
  it.each([
    ['9', 540],
    ['09:05', 545],
    ['0905', 545],
    ['９：05', 545],
    ['24:00', 1440],
    [' 18.30 ', 1110],
  ])('%s is minute %i', (typed, minute) => {
    expect(minuteOf(typed)).toBe(minute)
  })
  it.each(['', '9:5', '24:01', '12:60', 'nine', '9:00-10:00'])('%s is none', (typed) => {
    expect(minuteOf(typed)).toBeNull()
  })
  it('is said as it is read', () => {
    for (const minute of [0, 1, 59, 60, 545, 1439, 1440]) expect(minuteOf(clockOf(minute))).toBe(minute)
  })
})

describe('a week as one types it', () => {
  it('comes back as it was', () => {
    expect(weekOf(shiftsOf(WEEK))).toEqual({ week: WEEK, wrong: [] })
  })
  it('keeps a lunch break: several stretches a day', () => {
    expect(shiftsOf(WEEK)[0]).toEqual([
      { from: '09:00', to: '12:00' },
      { from: '13:30', to: '18:00' },
    ])
  })
  it('says a night shift as one, of the day it began; Sunday night ends on Monday', () => {
    const nights = weekOf([
      [],
      [],
      [],
      [],
      [{ from: '22:00', to: '06:00' }],
      [],
      [{ from: '20:00', to: '02:00' }],
    ])
    expect(nights.week[4]).toEqual([{ start: 1320, end: 1440 }])
    expect(nights.week[5]).toEqual([{ start: 0, end: 360 }])
    expect(nights.week[0]).toEqual([{ start: 0, end: 120 }])
    const said = shiftsOf(nights.week)
    expect(said[4]).toEqual([{ from: '22:00', to: '06:00' }])
    expect(said[5]).toEqual([])
    expect(said[6]).toEqual([{ from: '20:00', to: '02:00' }])
    expect(weekOf(said)).toEqual(nights)
  })
  it('says around the clock day by day, not as nights', () => {
    const whole = Array.from({ length: 7 }, () => [{ start: 0, end: 1440 }])
    expect(shiftsOf(whole).flat()).toEqual(Array.from({ length: 7 }, () => ({ from: '00:00', to: '24:00' })))
    expect(weekOf(shiftsOf(whole)).week).toEqual(whole)
  })
  it('names the days with something that is no time, and keeps the others', () => {
    const read = weekOf([
      [{ from: '9', to: 'x' }],
      [{ from: '09:00', to: '10:00' }],
      [{ from: '24:00', to: '1' }],
    ])
    expect(read.wrong).toEqual([0, 2])
    expect(read.week[1]).toEqual([{ start: 540, end: 600 }])
  })
  it('knows what goes on after midnight', () => {
    expect(isOvernight({ from: '22:00', to: '06:00' })).toBe(true)
    expect(isOvernight({ from: '22:00', to: '24:00' })).toBe(false)
    expect(isOvernight({ from: '22:00', to: '' })).toBe(false)
  })
})

describe('the times of a dated day', () => {
  it.each(['09:00-12:00, 13:30-18:00', '13:30–18:00、09:00–12:00', '9至12，1330到18:00'])('%s', (typed) => {
    expect(segmentsOf(typed)).toEqual(OFFICE)
  })
  it('are a day off where there are none', () => {
    expect(segmentsOf('  ')).toEqual([])
  })
  it.each(['9', '9-12-13', '18:00-09:00', 'x-y'])('%s is no time', (typed) => {
    expect(segmentsOf(typed)).toBeNull()
  })
  it('come back as they were said', () => {
    expect(segmentsOf(timesOf(OFFICE, ', '))).toEqual(OFFICE)
  })
})
