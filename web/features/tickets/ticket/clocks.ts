import type { Schema } from '@/shared/api/client'
import { t } from '@/shared/i18n'
import { duration, spokenTime } from '@/shared/i18n/format'

export type Clock = Schema['ClockView']

/** What a clock says now. `warn` under a quarter left, `urgent` when over, `good` when met; else ink. */
export interface Left {
  text: string
  tone: 'ink' | 'warn' | 'urgent' | 'good' | 'quiet'
  running: boolean
}

const SECOND_MS = 1000
const QUARTER = 4

/** How much is left at the moment `now` (ms). A paused clock stands at what was left when it was paused. */
export function left(clock: Clock, now: number): Left {
  const due = Date.parse(clock.due_at)
  const whole = due - Date.parse(clock.started_at)
  if (clock.stopped_at !== null) return stopped(clock, clock.stopped_at)
  const at = clock.paused_at === null ? now : Date.parse(clock.paused_at)
  const seconds = (due - at) / SECOND_MS
  const time = duration(seconds)
  if (clock.paused_at !== null) {
    return { text: t(seconds < 0 ? 'ticket.clock.paused_over' : 'ticket.clock.paused', { time }), tone: 'quiet', running: false }
  }
  if (seconds < 0) return { text: t('ticket.clock.over', { time }), tone: 'urgent', running: true }
  const isSoon = seconds * SECOND_MS * QUARTER < whole
  return { text: t('ticket.clock.left', { time }), tone: isSoon ? 'warn' : 'ink', running: true }
} // prettier-ignore

/** The clock that asks for something first: of those that run, the one due earliest; one that stands only where none runs. */
export function soonest<C extends Clock>(clocks: readonly C[]): C | null {
  const open = clocks.filter((clock) => clock.stopped_at === null)
  const running = open.filter((clock) => clock.paused_at === null)
  return (running.length > 0 ? running : open).reduce<C | null>(
    (first, clock) => (first === null || Date.parse(clock.due_at) < Date.parse(first.due_at) ? clock : first),
    null,
  )
}

function stopped(clock: Clock, at: string): Left {
  const time = spokenTime(at)
  if (clock.state === 'cancelled')
    return { text: t('ticket.clock.cancelled', { time }), tone: 'quiet', running: false }
  const isMet = clock.state === 'met'
  return {
    text: t(isMet ? 'ticket.clock.met' : 'ticket.clock.missed', { time }),
    tone: isMet ? 'good' : 'urgent',
    running: false,
  }
}
