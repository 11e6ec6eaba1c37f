import { duration } from '@/shared/i18n/format'
import { t } from '@/shared/i18n'

/** What a row or a clock says of its time. */
export interface Timed {
  due_at: string | null
  state: 'running' | 'paused' | 'met' | 'breached' | 'cancelled' | null
  /** When the clock began. */
  from: string
}
export interface TimeLeft {
  text: string
  /** `warn` under a quarter left, `urgent` when over. */
  kind: 'plain' | 'warn' | 'urgent' | 'still'
}

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const QUARTER = 0.25

/** Whether it is so near that every second counts. */
export function isClose(due: string | null, now: number): boolean {
  return due !== null && Math.abs(Date.parse(due) - now) < HOUR_MS + MINUTE_MS
}

/** Time left in words, and what its colour says. */
export function timeLeft(timed: Timed, now: number): TimeLeft {
  if (timed.state === 'paused') return { text: t('tickets.left.paused'), kind: 'still' }
  if (timed.due_at === null) return { text: t('tickets.left.none'), kind: 'still' }
  const due = Date.parse(timed.due_at)
  const left = due - now
  const length = said(Math.abs(left))
  if (left < 0) return { text: t('tickets.left.over', { length }), kind: 'urgent' }
  const isSoon = left < (due - Date.parse(timed.from)) * QUARTER
  return { text: t('tickets.left.left', { length }), kind: isSoon ? 'warn' : 'plain' }
}

/** Under an hour to the second, else in the two largest units. */
function said(ms: number): string {
  if (ms >= HOUR_MS || ms < MINUTE_MS) return duration(ms / 1000)
  const seconds = Math.floor((ms % MINUTE_MS) / 1000)
  return `${duration(ms / 1000)} ${t('format.seconds', { n: String(seconds).padStart(2, '0') })}`
}
