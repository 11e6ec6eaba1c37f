import type { DueClass, Hold, PlanMonth, Rule, Run, SetRule } from './api'

/** How often the page looks how far a run has come. */
export const RUNNING_MS = 2000
/** A year ahead is looked at month by month; what is later is one line. */
const MONTHS_SHOWN = 12

export interface PlanLine {
  month: string
  parts: { title: string; count: number }[]
  held: number
}

/** The plan by month, each with its classes by name; `later` counts what comes after the last one shown. */
export function planLines(
  months: readonly PlanMonth[],
  titleOf: (code: string) => string,
): { lines: PlanLine[]; later: number } {
  const names = [...new Set(months.map((one) => one.month))].sort()
  const shown = new Set(names.slice(0, MONTHS_SHOWN))
  const lines = [...shown].map((month) => {
    const of = months.filter((one) => one.month === month)
    return {
      month,
      parts: of.map((one) => ({ title: titleOf(one.record_class), count: one.count })),
      held: of.reduce((sum, one) => sum + one.held, 0),
    }
  })
  const later = months.filter((one) => !shown.has(one.month)).reduce((sum, one) => sum + one.count, 0)
  return { lines, later }
}

/** How many are over their time, and how many of those a legal hold keeps. */
export function dueSums(due: readonly DueClass[]): { count: number; held: number } {
  return {
    count: due.reduce((sum, one) => sum + one.count, 0),
    held: due.reduce((sum, one) => sum + one.held, 0),
  }
}

/** Names of classes by their code. */
export function titles(rules: readonly Rule[]): (code: string) => string {
  const found = new Map(rules.map((one) => [one.record_class, one.title]))
  return (code) => found.get(code) ?? code
}

/** Whether the worker is at a run. */
export function isRunning(runs: readonly Pick<Run, 'state'>[]): boolean {
  return runs.some((one) => one.state === 'approved')
}

/** Whether a run waits or is worked off: no other is proposed meanwhile. */
export function isOpen(runs: readonly Pick<Run, 'state'>[]): boolean {
  return runs.some((one) => one.state === 'approved' || one.state === 'proposed')
}

/** What is wrong with a rule as typed, by the member it is sent as; empty where nothing is. */
export function wrongsOfRule(
  amount: string,
  note: string,
  needed: string,
): { pointer: string; detail: string }[] {
  const whole = /^[1-9]\d{0,4}$/.test(amount.trim())
  return [
    ...(whole ? [] : [{ pointer: '/amount', detail: needed }]),
    ...(note.trim().length >= 2 ? [] : [{ pointer: '/note', detail: needed }]),
  ]
}

export function isUnit(value: string): value is SetRule['unit'] {
  return value === 'day' || value === 'month' || value === 'year'
}

/** What can be done about a hold by the one who reads. */
export function wayOf(
  hold: Pick<Hold, 'stands' | 'lift_asked_by' | 'own_wish'>,
): 'none' | 'ask' | 'wait' | 'decide' {
  if (!hold.stands) return 'none'
  if (!hold.lift_asked_by) return 'ask'
  return hold.own_wish ? 'wait' : 'decide'
}
