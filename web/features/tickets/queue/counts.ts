import { judge, type Ids, type Row, type Tree } from './filter'
import type { Memory } from './memory'

/** How many tickets a view holds; `capped` where there are more than were counted. */
export interface Counted {
  n: number
  capped: boolean
  /** The tree it was counted by. */
  tree: Tree | null
  /** It may be off: something changed of which one does not know what it was before. */
  stale: boolean
  /** When it was counted (ms), by the desk's clock: what was opened later is not in it. */
  read?: number
}
export type Counts = ReadonlyMap<string, Counted>

/** Counts after rows changed, by what each was before: no reading. `memory` learns the rows. */
export function counted(counts: Counts, rows: readonly Row[], memory: Memory, ids: Ids): Counts {
  const next = new Map(counts)
  for (const row of rows) {
    const before = memory.get(row.id)
    if (before && before.version >= row.version) continue
    for (const [id, one] of next) next.set(id, moved(one, before ?? null, row, ids))
    memory.learn(row)
  }
  return next
}

/** Counts after rows went out of sight. Of what was never seen nothing is known: most of it never was in sight. */
export function countedOut(counts: Counts, gone: readonly string[], memory: Memory, ids: Ids): Counts {
  const next = new Map(counts)
  for (const ticket of gone) {
    const before = memory.get(ticket)
    memory.forget(ticket)
    if (!before) continue
    for (const [id, one] of next) if (judge(one.tree, before, ids) === true) next.set(id, by(one, -1))
  }
  return next
}

function moved(one: Counted, before: Row | null, row: Row, ids: Ids): Counted {
  const isIn = judge(one.tree, row, ids)
  const wasIn = before ? judge(one.tree, before, ids) : isLater(one, row) ? false : 'untold'
  if (isIn === 'untold' || wasIn === 'untold') return { ...one, stale: true }
  return by(one, Number(isIn === true) - Number(wasIn === true))
}

/** Whether a row never seen before was not there when it was counted. */
function isLater(one: Counted, row: Row): boolean {
  return row.version === 1 || (one.read !== undefined && Date.parse(row.opened_at) > one.read)
}

function by(one: Counted, difference: number): Counted {
  if (difference === 0) return one
  return one.capped ? { ...one, stale: true } : { ...one, n: Math.max(0, one.n + difference) }
}
