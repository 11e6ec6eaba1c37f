import type { CalendarBody, Day, Segment } from '../api'
import { segmentsOf, shiftsOf, timesOf, weekOf, type Shift } from './week'

/** A dated exception as one types it. */
export interface DayDraft {
  on: string
  kind: Day['kind']
  name: string
  times: string
}
export interface QueueDraft {
  queue: string
  week: Shift[][] | null
  days: DayDraft[]
}
/** A calendar as one edits it: texts, so that nothing typed is lost, however wrong. */
export interface CalendarDraft {
  zh: string
  en: string
  zone: string
  week: Shift[][]
  days: DayDraft[]
  statutory: boolean
  years: number[]
  queues: QueueDraft[]
}
/** What cannot be sent, by pointer into the body. */
export interface Unfit {
  pointer: string
  why: 'time' | 'date' | 'queue'
}

const BETWEEN = ', '

export function draftOf(body: CalendarBody): CalendarDraft {
  return {
    zh: body.title.zh,
    en: body.title.en,
    zone: body.zone ?? 'Asia/Shanghai',
    week: shiftsOf(body.week),
    days: daysOf(body.days ?? []),
    statutory: body.statutory === 'CN',
    years: [...(body.years ?? [])],
    queues: (body.queues ?? []).map((one) => ({
      queue: one.queue,
      week: one.week ? shiftsOf(one.week) : null,
      days: daysOf(one.days ?? []),
    })),
  }
}

function daysOf(days: readonly Day[]): DayDraft[] {
  return days.map(({ on, kind, name, segments }) => ({ on, kind, name, times: timesOf(segments ?? [], BETWEEN) }))
} // prettier-ignore

/** The calendar to send, and what in the draft is no time or date. */
export function bodyOf(code: string, draft: CalendarDraft): { body: CalendarBody; unfit: Unfit[] } {
  const unfit: Unfit[] = []
  const body: CalendarBody = {
    code,
    title: { zh: draft.zh.trim(), en: draft.en.trim() },
    zone: draft.zone.trim(),
    week: week(draft.week, '/week', unfit),
    days: days(draft.days, '/days', unfit),
    statutory: draft.statutory ? 'CN' : '',
    years: draft.statutory ? [...draft.years].sort((a, b) => a - b) : [],
    queues: draft.queues.map((one, at) => {
      if (one.queue === '') unfit.push({ pointer: `/queues/${at}/queue`, why: 'queue' })
      return {
        queue: one.queue,
        week: one.week && week(one.week, `/queues/${at}/week`, unfit),
        days: days(one.days, `/queues/${at}/days`, unfit),
      }
    }),
  }
  return { body, unfit }
}

function week(shifts: Shift[][], pointer: string, unfit: Unfit[]): Segment[][] {
  const read = weekOf(shifts)
  unfit.push(...read.wrong.map((day): Unfit => ({ pointer: `${pointer}/${day}`, why: 'time' })))
  return read.week
}

/** In the order typed: the pointers of what the desk refuses are those of the rows. */
function days(drafts: readonly DayDraft[], pointer: string, unfit: Unfit[]): Day[] {
  return drafts.map((one, at) => {
    const segments = segmentsOf(one.times)
    if (segments === null) unfit.push({ pointer: `${pointer}/${at}/segments`, why: 'time' })
    if (!/^\d{4}-\d\d-\d\d$/.test(one.on)) unfit.push({ pointer: `${pointer}/${at}/on`, why: 'date' })
    return { on: one.on, kind: one.kind, name: one.name.trim(), segments: segments ?? [] }
  })
}

/** Days by their year, the newest first; `at` is the place in the draft. */
export function byYear(days: readonly DayDraft[]): { year: string; rows: { day: DayDraft; at: number }[] }[] {
  const years = new Map<string, { day: DayDraft; at: number }[]>()
  days.forEach((day, at) => {
    const year = day.on.slice(0, 4)
    years.set(year, [...(years.get(year) ?? []), { day, at }])
  })
  return [...years]
    .sort(([a], [b]) => (a === '' ? -1 : b === '' ? 1 : b.localeCompare(a)))
    .map(([year, rows]) => ({ year, rows }))
}
