import { t } from '@/shared/i18n'
import { duration } from '@/shared/i18n/format'
import type { LedgerEntry } from '../api'

/** A stretch of the ribbon: where it begins and how long it is, in thousandths of the whole. */
export interface Piece {
  from: number
  length: number
  kind: 'counted' | 'paused' | 'not' | 'ahead'
}
const WHOLE = 1000

/** Counted seconds of all entries; equals what the clock has used up. */
export function countedIn(entries: readonly LedgerEntry[]): number {
  return entries.filter((one) => one.counted).reduce((sum, one) => sum + one.seconds, 0)
}

/** The entries along one line, what lies ahead after them. */
export function ribbon(entries: readonly LedgerEntry[], ahead: readonly LedgerEntry[]): Piece[] {
  const all = [...entries, ...ahead]
  const [first, last] = [all[0], all.at(-1)]
  if (!first || !last) return []
  const start = Date.parse(first.start)
  const whole = Math.max(Date.parse(last.end) - start, 1)
  const place = (iso: string): number => ((Date.parse(iso) - start) / whole) * WHOLE
  return all.map((one, at) => ({
    from: place(one.start),
    length: place(one.end) - place(one.start),
    kind: one.counted ? (at < entries.length ? 'counted' : 'ahead') : one.cause === 'paused' ? 'paused' : 'not',
  }))
} // prettier-ignore

/** Entries by the local day they begin on, so that a long ledger can be read day by day. */
export function byDay(entries: readonly LedgerEntry[], dayOf: (iso: string) => string): { day: string; entries: LedgerEntry[] }[] {
  const days: { day: string; entries: LedgerEntry[] }[] = []
  for (const entry of entries) {
    const day = dayOf(entry.start)
    const last = days.at(-1)
    if (last?.day === day) last.entries.push(entry)
    else days.push({ day, entries: [entry] })
  }
  return days
} // prettier-ignore

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/**
 * A length to the second: a sum that is rounded is no sum. Within working hours it is said in hours, for a day there is
 * not one of 24.
 */
export function exactly(seconds: number, inHours: boolean): string {
  const parts: [string, number][] = [
    ['days', inHours ? 0 : Math.floor(seconds / DAY)],
    ['hours', Math.floor((inHours ? seconds : seconds % DAY) / HOUR)],
    ['minutes', Math.floor((seconds % HOUR) / MINUTE)],
    ['seconds', seconds % MINUTE],
  ]
  const said = parts.filter(([, n]) => n > 0).map(([unit, n]) => t(`format.${unit}`, { n }))
  return said.length > 0 ? said.join(' ') : duration(0)
}

/** Whether a ledger counts within working hours. */
export function isByHours(entries: readonly LedgerEntry[]): boolean {
  return entries.some((one) => one.cause === 'working' || one.cause === 'closed_hours')
}
