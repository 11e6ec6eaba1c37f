import { dueAt, instant, type Row } from './filter'

/** The list's orders, as the desk has them: by a key, ties by id in the same direction. */
export const SORTS = ['due', '-changed', 'changed', '-id', 'id'] as const
export type Sort = (typeof SORTS)[number]

/** A place in an order. */
export interface Place {
  key: number
  id: string
}

/** A row without a running clock stands after all that have one. */
const NEVER = Number.MAX_SAFE_INTEGER

export function isSort(text: string): text is Sort {
  return SORTS.some((one) => one === text)
}

/** Where a row stands. */
export function placeOf(row: Row, sort: Sort): Place {
  return { key: keyOf(row, sort), id: row.id }
}

function keyOf(row: Row, sort: Sort): number {
  if (sort === 'due') {
    const due = dueAt(row)
    return due === null ? NEVER : instant(due)
  }
  return sort === 'id' || sort === '-id' ? 0 : instant(row.changed_at)
}

/** Below 0 where `one` stands before `other`. */
export function compare(one: Place, other: Place, sort: Sort): number {
  const up = one.key - other.key || (one.id < other.id ? -1 : one.id > other.id ? 1 : 0)
  return sort.startsWith('-') ? -up : up
}

/** Where in an ordered list a row belongs (found by halving). */
export function indexFor(rows: readonly Row[], row: Row, sort: Sort): number {
  const place = placeOf(row, sort)
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    const there = rows[middle]
    if (there && compare(placeOf(there, sort), place, sort) < 0) low = middle + 1
    else high = middle
  }
  return low
}
