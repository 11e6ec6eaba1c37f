import type { Row, Verdict } from './filter'
import { compare, indexFor, placeOf, type Place, type Sort } from './order'

/**
 * What is on the screen, and what changed since: pure. Nothing that is shown moves by itself. A row that stays where it is
 * is drawn anew in place; what would enter, leave or move waits until it is asked for, and is then put in from what was
 * pushed, without reading the list again.
 */
export interface Shown {
  rows: readonly Row[]
  /** Where the loaded part ends: a row beyond it comes with the next page. Null where all is loaded. */
  edge: Place | null
  /** Rows that would enter, leave or move, by id, as they are now. */
  waiting: ReadonlyMap<string, Waits>
  /** Something was pushed that the row alone cannot place: showing means reading. */
  untold: boolean
}
export interface Waits {
  how: 'enters' | 'leaves' | 'moves'
  row: Row
}
/** A page of the list: `next` is null on the last. */
export interface Page {
  items: readonly Row[]
  next: string | null
}
/** Judge and order of the list shown. */
export interface Rules {
  sort: Sort
  judge: (row: Row) => Verdict
}

export const NOTHING_SHOWN: Shown = { rows: [], edge: null, waiting: new Map(), untold: false }

/** Take in rows that changed. */
export function patched(shown: Shown, pushed: readonly Row[], rules: Rules): Shown {
  const rows = [...shown.rows]
  const at = new Map(rows.map((row, index) => [row.id, index]))
  const waiting = new Map(shown.waiting)
  let untold = shown.untold
  let isChanged = false
  for (const row of pushed) {
    const index = at.get(row.id)
    const known = index === undefined ? waiting.get(row.id)?.row : rows[index]
    if (known && known.version >= row.version) continue
    isChanged = true
    const verdict = rules.judge(row)
    if (verdict === 'untold') untold = true
    if (index !== undefined) rows[index] = row
    waiting.delete(row.id)
    const seen = { rows, waiting, edge: shown.edge, sort: rules.sort }
    const how = wait(seen, index, row, verdict)
    if (how) waiting.set(row.id, { how, row })
  }
  return isChanged ? { ...shown, rows, waiting, untold } : shown
}

interface Seen {
  rows: readonly Row[]
  waiting: ReadonlyMap<string, Waits>
  edge: Place | null
  sort: Sort
}

function wait(seen: Seen, index: number | undefined, row: Row, verdict: Verdict): Waits['how'] | null {
  if (verdict === 'untold') return null
  if (index === undefined) return verdict === true && isWithin(row, seen) ? 'enters' : null
  if (verdict !== true) return 'leaves'
  return isWithin(row, seen) && isInPlace(seen, index) ? null : 'moves'
}

function isWithin(row: Row, { edge, sort }: Pick<Seen, 'edge' | 'sort'>): boolean {
  return edge === null || compare(placeOf(row, sort), edge, sort) <= 0
}

/** Between its neighbours, of those that are where they belong themselves. */
function isInPlace({ rows, waiting, sort }: Seen, index: number): boolean {
  const row = rows[index]
  if (!row) return false
  const settled = (one: Row): boolean => !waiting.has(one.id)
  const before = rows.slice(0, index).findLast(settled)
  const after = rows.slice(index + 1).find(settled)
  const place = placeOf(row, sort)
  const isAfter = !before || compare(placeOf(before, sort), place, sort) < 0
  return isAfter && (!after || compare(place, placeOf(after, sort), sort) < 0)
}

/** Take out what the reader may no longer see. */
export function without(shown: Shown, gone: readonly string[]): Shown {
  const ids = new Set(gone)
  if (!shown.rows.some((row) => ids.has(row.id)) && !gone.some((id) => shown.waiting.has(id))) return shown
  return {
    ...shown,
    rows: shown.rows.filter((row) => !ids.has(row.id)),
    waiting: new Map([...shown.waiting].filter(([id]) => !ids.has(id))),
  }
}

/** Put in what waits. */
export function settled(shown: Shown, sort: Sort): Shown {
  const rows = shown.rows.filter((row) => !shown.waiting.has(row.id))
  for (const { how, row } of shown.waiting.values()) {
    if (how === 'leaves' || !isWithin(row, { edge: shown.edge, sort })) continue
    rows.splice(indexFor(rows, row, sort), 0, row)
  }
  return { ...shown, rows, waiting: new Map(), untold: false }
}

/** A page that was read, after what is shown. What was pushed meanwhile and is newer stays. */
export function withPage(shown: Shown, page: Page, rules: Rules): Shown {
  const last = page.items.at(-1)
  const edge = page.next && last ? placeOf(last, rules.sort) : null
  const here = new Set(shown.rows.map((row) => row.id))
  const fresh = page.items.filter((row) => !here.has(row.id) && !isEntering(shown, row))
  return patched({ ...shown, rows: [...shown.rows, ...fresh], edge }, page.items, rules)
}

function isEntering(shown: Shown, row: Row): boolean {
  return (shown.waiting.get(row.id)?.row.version ?? 0) >= row.version
}

/** The list was read again from its start: what differs waits, as if it had been pushed. */
export function reread(shown: Shown, page: Page, rules: Rules): Shown {
  const last = page.items.at(-1)
  const end = page.next && last ? placeOf(last, rules.sort) : null
  const found = new Set(page.items.map((row) => row.id))
  const next = patched(shown, page.items, rules)
  const waiting = new Map(next.waiting)
  for (const row of next.rows) {
    const isCovered = end === null || compare(placeOf(row, rules.sort), end, rules.sort) <= 0
    if (isCovered && !found.has(row.id)) waiting.set(row.id, { how: 'leaves', row })
  }
  const isLonger = end !== null && next.rows.length > page.items.length
  return { ...next, waiting, untold: next.untold || isLonger }
}
