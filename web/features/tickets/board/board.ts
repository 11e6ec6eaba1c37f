import type { BoardRow } from './reading'

/** A clock on the board: its ticket and its kind. */
export function keyOf(row: BoardRow): string {
  return `${row.ticket.id} ${row.kind}`
}

/** What a new reading would bring: how many come in, and whether any leave or change places. */
export interface Difference {
  news: number
  others: number
}

export function difference(shown: readonly BoardRow[], next: readonly BoardRow[]): Difference {
  const before = shown.map(keyOf)
  const after = next.map(keyOf)
  const [here, there] = [new Set(before), new Set(after)]
  const news = after.filter((key) => !here.has(key)).length
  const gone = before.filter((key) => !there.has(key)).length
  const kept = after.filter((key) => here.has(key))
  const order = before.filter((key) => there.has(key))
  return { news, others: gone + kept.filter((key, at) => key !== order[at]).length }
}

/** What is shown, each row as it now is, none moved: rows that are gone stay as they were. */
export function inPlace(shown: readonly BoardRow[], next: readonly BoardRow[]): BoardRow[] {
  const now = new Map(next.map((row) => [keyOf(row), row]))
  return shown.map((row) => now.get(keyOf(row)) ?? row)
}
