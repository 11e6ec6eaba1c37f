import { isRecord } from '@/shared/api/problem'
import type { Entry, Ticket } from './entry'

/** Timeline with what came, each number once, in order. The same list where nothing is new, so that nothing is redrawn. */
export function withEntries(known: readonly Entry[], came: readonly Entry[]): readonly Entry[] {
  const last = lastSeq(known)
  if (came.every((entry) => entry.seq > last)) {
    if (came.length === 0) return known
    return [...known, ...ordered(came)]
  }
  const seqs = new Set(known.map((entry) => entry.seq))
  const fresh = came.filter((entry) => !seqs.has(entry.seq))
  return fresh.length === 0 ? known : ordered([...known, ...fresh])
}

export function lastSeq(known: readonly Entry[]): number {
  return known.at(-1)?.seq ?? 0
}

/** The newer of two readings of one ticket: an answer that was overtaken on its way never puts the page back. */
export function newer(known: Ticket | null, came: Ticket): Ticket {
  return known !== null && known.id === came.id && known.version > came.version ? known : came
}

/** What a stream's `tickets` event says of this ticket: its new version, that it is gone, or nothing. */
export function heard(data: unknown, id: string): { version: number } | 'gone' | null {
  if (!isRecord(data)) return null
  if (Array.isArray(data['gone']) && data['gone'].includes(id)) return 'gone'
  const rows: unknown[] = Array.isArray(data['rows']) ? data['rows'] : []
  for (const row of rows) {
    if (isRecord(row) && row['id'] === id && typeof row['version'] === 'number') {
      return { version: row['version'] }
    }
  }
  return null
}

function ordered(entries: readonly Entry[]): readonly Entry[] {
  const bySeq = new Map(entries.map((entry) => [entry.seq, entry]))
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq)
}
