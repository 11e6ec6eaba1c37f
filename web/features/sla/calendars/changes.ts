import type { CalendarBody, Segment } from '../api'
import { timesOf, WEEKDAYS } from './week'

/** A weekday on which another time counts than before, of the calendar (queue empty) or of one queue. */
export interface WeekChange {
  queue: string
  day: number
  before: string
  after: string
}

/** What differs between two calendars apart from dated days: weekdays, also those of queues, and the zone. */
export function weekChanges(before: CalendarBody, after: CalendarBody, between: string): WeekChange[] {
  const queues = [...new Set([...(before.queues ?? []), ...(after.queues ?? [])].map((one) => one.queue))]
  return ['', ...queues].flatMap((queue) => {
    const [old, now] = [weekOf(before, queue), weekOf(after, queue)]
    // A queue that keeps its calendar's week changes with it, which is said of the calendar.
    if (queue !== '' && old === before.week && now === after.week) return []
    return WEEKDAYS.map((day) => ({
      queue,
      day,
      before: timesOf(old[day] ?? [], between),
      after: timesOf(now[day] ?? [], between),
    })).filter((one) => one.before !== one.after)
  })
}

function weekOf(body: CalendarBody, queue: string): Segment[][] {
  return body.queues?.find((one) => one.queue === queue)?.week ?? body.week
}
