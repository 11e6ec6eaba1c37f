import { isRecord } from '@/shared/api/problem'
import type { Schema } from '@/shared/api/client'

export type Ticket = Schema['TicketView']

/** A masked place in a text: from, to (in code points), what it was, its value's id in the vault. */
export interface Span {
  start: number
  end: number
  kind: string
  valueId?: string
}

/** What was said: by the customer, to the customer, or among colleagues. `body` is null once it was erased. */
export interface Words {
  kind: 'customer' | 'reply' | 'note'
  channel: string
  body: string | null
  spans: Span[]
}

/** What an event put on record: the reason given, the words for the customer, and what values were before. */
export interface OnRecord {
  kind: 'record'
  reason: string
  resolution: string
  comment: string
  before: Readonly<Record<string, unknown>>
}

/** One line of a ticket's timeline, as the desk recorded it. */
export interface Entry {
  seq: number
  at: string
  kind: string
  actor: string
  actorKind: string
  data: Readonly<Record<string, unknown>>
  changes: Readonly<Record<string, readonly [unknown, unknown]>>
  changed: readonly string[]
  message: Words | OnRecord | null
}

/** An entry as it came, narrowed: what is not as declared counts as absent. */
export function readEntry(raw: Schema['Timeline']['items'][number]): Entry {
  const data: unknown = raw.data
  const told = isRecord(data) ? data : {}
  return {
    seq: raw.seq,
    at: raw.at,
    kind: raw.kind,
    actor: raw.actor,
    actorKind: raw.actor_kind,
    data: told,
    changes: pairs(told['changes']),
    changed: strings(told['changed']),
    message: readMessage(raw.message),
  }
}

/** Words that were said, or null for an entry that only records. */
export function said(entry: Entry): Words | null {
  return entry.message !== null && entry.message.kind !== 'record' ? entry.message : null
}

/** Whether customer and desk spoke to one another here. */
export function talked(entry: Entry): boolean {
  const words = said(entry)
  return words !== null && words.kind !== 'note'
}

export function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
}

export function string(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function readMessage(raw: unknown): Words | OnRecord | null {
  if (!isRecord(raw)) return null
  const kind = raw['kind']
  if (kind === 'customer' || kind === 'reply' || kind === 'note') {
    const body = typeof raw['body'] === 'string' ? raw['body'] : null
    return { kind, channel: string(raw['channel']), body, spans: readSpans(raw['spans']) }
  }
  const before = isRecord(raw['before']) ? raw['before'] : {}
  return {
    kind: 'record',
    reason: string(raw['reason']),
    resolution: string(raw['resolution']),
    comment: string(raw['comment']),
    before,
  }
}

/** Where masks stand, as the desk tells it. */
export function readSpans(raw: unknown): Span[] {
  if (!Array.isArray(raw)) return []
  return raw.flatMap((one: unknown) => {
    if (!Array.isArray(one)) return []
    const [start, end, kind, valueId] = one as unknown[]
    return typeof start === 'number' && typeof end === 'number'
      ? [{ start, end, kind: string(kind), valueId: string(valueId) }]
      : []
  })
}

function pairs(raw: unknown): Record<string, readonly [unknown, unknown]> {
  if (!isRecord(raw)) return {}
  const found: Record<string, readonly [unknown, unknown]> = {}
  for (const [name, value] of Object.entries(raw))
    if (Array.isArray(value)) found[name] = [value[0], value[1]]
  return found
}
