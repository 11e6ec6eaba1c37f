import { isRecord, type Problem } from '@/shared/api/problem'
import { said, string, strings, type Entry } from './entry'
import type { VerbName } from './commands'

/** One thing that changed while the words were written. */
export interface Changed {
  seq: number
  at: string
  entry: Entry | null
  kind: string
  actorId: string
  names: readonly string[]
}

/** A write that came too late: what is mine, what changed since, and the newer words in full. */
export interface Conflict {
  verb: VerbName
  mine: string
  version: number
  draftId: string
  changed: readonly Changed[]
  messages: readonly Entry[]
}

/** Whether a refusal says that the ticket changed meanwhile. */
export function isStale(problem: Problem): boolean {
  return problem.status === 409 && problem.code === 'StaleWrite'
}

/**
 * Both sides of a conflict. `since` is the timeline read anew; `seen` the version the words were based on.
 * Everything newer is shown, also what alone would not have been in the way: who decides must know all of it.
 */
export function conflictOf(
  problem: Problem,
  mine: { verb: VerbName; text: string },
  seen: number,
  since: readonly Entry[],
): Conflict {
  const bySeq = new Map(since.filter((entry) => entry.seq > seen).map((entry) => [entry.seq, entry]))
  const told = Array.isArray(problem.extra['changes']) ? problem.extra['changes'].filter(isRecord) : []
  const changed = told.map((one) => {
    const seq = Number(one['seq'])
    return {
      seq,
      at: string(one['at']),
      entry: bySeq.get(seq) ?? null,
      kind: string(one['kind']),
      actorId: string(one['actor_id']),
      names: [...Object.keys(isRecord(one['changes']) ? one['changes'] : {}), ...strings(one['changed'])],
    }
  })
  const known = new Set(changed.map((one) => one.seq))
  const others = [...bySeq.values()].filter((entry) => !known.has(entry.seq)).map(asChanged)
  const newest = Math.max(Number(problem.extra['version']) || 0, seen, ...bySeq.keys())
  return {
    verb: mine.verb,
    mine: mine.text,
    version: newest,
    draftId: string(problem.extra['draft_id']),
    changed: [...changed, ...others].sort((a, b) => a.seq - b.seq),
    messages: [...bySeq.values()].filter((entry) => said(entry) !== null),
  }
}

function asChanged(entry: Entry): Changed {
  const names = [...Object.keys(entry.changes), ...entry.changed]
  return { seq: entry.seq, at: entry.at, entry, kind: entry.kind, actorId: '', names }
}
