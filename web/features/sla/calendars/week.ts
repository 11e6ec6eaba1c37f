import type { Segment } from '../api'

/** A stretch of working time as one types it; `to` not after `from` means the morning after. */
export interface Shift {
  from: string
  to: string
}

export const DAY_MINUTES = 1440
export const WEEKDAYS = [0, 1, 2, 3, 4, 5, 6] as const
const HOUR = 60

/** 09:05; the end of the day is 24:00. */
export function clockOf(minute: number): string {
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${two(Math.floor(minute / HOUR))}:${two(minute % HOUR)}`
}

/** Minutes after midnight of 9, 9:05, 0905, 09:05; full-width as well. Null where it is no time of day. */
export function minuteOf(typed: string): number | null {
  const text = typed.trim().replace(/[\uff10-\uff19]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
  const found = /^(\d{1,2})(?:[:\uff1a.](\d{2}))?$/.exec(text) ?? /^(\d{2})(\d{2})$/.exec(text)
  if (!found) return null
  const minute = Number(found[1]) * HOUR + Number(found[2] ?? 0)
  return Number(found[2] ?? 0) < HOUR && minute <= DAY_MINUTES ? minute : null
} // prettier-ignore

/** Whether a shift goes on after midnight. */
export function isOvernight(shift: Shift): boolean {
  const [from, to] = [minuteOf(shift.from), minuteOf(shift.to)]
  return from !== null && to !== null && to <= from
}

/** The week as one thinks of it: what ends at midnight and goes on in the morning is one shift, of the day it began. */
export function shiftsOf(week: readonly (readonly Segment[])[]): Shift[][] {
  const isNight = (day: number): boolean => {
    const [last, next] = [week[day]?.at(-1), week[(day + 1) % 7]?.[0]]
    if (!last || !next || last.start === 0 || last.end !== DAY_MINUTES || next.start !== 0) return false
    return next.end <= last.start
  }
  return WEEKDAYS.map((day) => {
    const own = isNight((day + 6) % 7) ? (week[day] ?? []).slice(1) : (week[day] ?? [])
    const shifts = own.map(({ start, end }) => ({ from: clockOf(start), to: clockOf(end) }))
    const last = shifts.at(-1)
    if (last && isNight(day)) last.to = clockOf(week[(day + 1) % 7]?.[0]?.end ?? DAY_MINUTES)
    return shifts
  })
}

/** The week as it is kept: a shift over midnight is two segments. `wrong`: days with something that is no time. */
export function weekOf(shifts: readonly (readonly Shift[])[]): { week: Segment[][]; wrong: number[] } {
  const week: Segment[][] = WEEKDAYS.map(() => [])
  const wrong = new Set<number>()
  shifts.forEach((day, at) => {
    for (const shift of day) {
      const [start, end] = [minuteOf(shift.from), minuteOf(shift.to)]
      if (start === null || end === null || start === DAY_MINUTES || start === end) wrong.add(at)
      else if (end > start) week[at]?.push({ start, end })
      else {
        week[at]?.push({ start, end: DAY_MINUTES })
        if (end > 0) week[(at + 1) % 7]?.push({ start: 0, end })
      }
    }
  })
  for (const day of week) day.sort((a, b) => a.start - b.start)
  return { week, wrong: [...wrong] }
}

/** 09:00–12:00、13:30–18:00 */
export function timesOf(segments: readonly Segment[], between: string): string {
  return segments.map(({ start, end }) => `${clockOf(start)}–${clockOf(end)}`).join(between)
}

/** Segments out of such a text, in order; null where part of it is none. Nothing is an empty list: the day is off. */
export function segmentsOf(typed: string): Segment[] | null {
  const parts = typed.split(/[,\uff0c\u3001;\uff1b\n]/).map((part) => part.trim()).filter(Boolean)
  const found: Segment[] = []
  for (const part of parts) {
    const [start, end, more] = part.split(/\s*(?:-|–|—|~|\uff5e|至|到)\s*/).map(minuteOf)
    if (start === undefined || start === null || end === undefined || end === null || more !== undefined) return null
    if (end <= start) return null
    found.push({ start, end })
  }
  return found.sort((a, b) => a.start - b.start)
} // prettier-ignore

/** Minutes that count in a day. */
export function minutesIn(segments: readonly Segment[]): number {
  return segments.reduce((sum, { start, end }) => sum + end - start, 0)
}
