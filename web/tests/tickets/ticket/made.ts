import type { Entry, Ticket } from '@/features/tickets/ticket/entry'
import lifecycle from './fixtures/lifecycle.json'

/** A ticket as the desk sends it, at work with `agent`. */
export function aTicket(change: Partial<Ticket> = {}): Ticket {
  return {
    id: '01a20000-0000-7000-8000-000000000001',
    number: '1000000001',
    version: 3,
    state: 'following',
    stage: 'follow',
    state_text: '跟进中',
    priority: 'normal',
    title: '退款没有到账',
    case_type: 'disputed_bill',
    case_type_version: 1,
    channel: 'phone',
    team: 'DISPUTE',
    assignee: 'agent',
    customer: null,
    elements: {},
    fields: {},
    tags: [],
    checklist: [],
    evidence: [],
    missing: [],
    clocks: [],
    actions: ['reply', 'note', 'claim', 'assign', 'edit', 'process', 'wait', 'resolve'],
    opened_at: '2026-11-20T01:00:00Z',
    changed_at: '2026-11-20T02:00:00Z',
    waiting_for: null,
    waiting_until: null,
    outcome: null,
    resolution: null,
    callback_result: null,
    merged_into: null,
    resolved_at: null,
    closed_at: null,
    transfers: 0,
    reopenings: 0,
    held: [],
    gone: null,
    rating: null,
    deputies: [],
    spans: {},
    destroyed: [],
    notices: [],
    duplicates: [],
    dropped: [],
    ...change,
  }
}

export function anEntry(seq: number, change: Partial<Entry> = {}): Entry {
  return {
    seq,
    at: '2026-11-20T02:00:00Z',
    kind: 'ticket.noted',
    actor: '陈晓示',
    actorKind: 'staff',
    data: {},
    changes: {},
    changed: [],
    message: null,
    ...change,
  }
}

export function words(kind: 'customer' | 'reply' | 'note', body: string): Entry['message'] {
  return { kind, channel: 'phone', body, spans: [] }
}

/** An entry as the API gives it. */
export function raw(seq: number, change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    seq,
    at: '2026-11-20T02:00:00Z',
    kind: 'ticket.noted',
    actor: '陈晓示',
    actor_kind: 'staff',
    data: {},
    message: null,
    ...change,
  }
}

export { lifecycle }
