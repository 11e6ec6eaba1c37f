import { isRecord } from '@/shared/api/problem'
import type { Row } from './filter'

/** What the desk pushed: rows as in the list, and ids of those one sees no more. */
export interface Pushed {
  rows: Row[]
  gone: string[]
}

/** Narrow a `tickets` event; what is no row is left out. */
export function pushedOf(data: unknown): Pushed {
  if (!isRecord(data)) return { rows: [], gone: [] }
  const rows = Array.isArray(data['rows']) ? data['rows'].filter(isRow) : []
  const gone = Array.isArray(data['gone']) ? data['gone'].filter((one) => typeof one === 'string') : []
  return { rows, gone }
}

/** Within how many ms to read again, of an `again` event. */
export function withinOf(data: unknown): number {
  const within = isRecord(data) ? data['within_ms'] : undefined
  return typeof within === 'number' && within >= 0 ? within : 0
}

/** The desk writes every member of a row, or none: two of them tell. */
function isRow(value: unknown): value is Row {
  return isRecord(value) && typeof value['id'] === 'string' && typeof value['version'] === 'number'
}
