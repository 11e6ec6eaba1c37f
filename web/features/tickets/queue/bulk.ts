import { api, ask, type Schema } from '@/shared/api/client'
import type { Row } from './filter'

export type BulkVerb = 'assign' | 'transfer' | 'tag' | 'priority'
export const BULK_VERBS: readonly BulkVerb[] = ['assign', 'transfer', 'tag', 'priority']
export const MOST_AT_ONCE = 200

/** What is asked of several tickets; which members count depends on the verb. */
export interface Wanted {
  assignee: string
  team: string
  priority: string
  tags: string
  reason: string
}
export type Report = Schema['Report']

/** The permission each takes, beside that of changing several. */
export const PERMISSION_OF: Readonly<Record<BulkVerb, string>> = {
  assign: 'ticket.assign',
  transfer: 'ticket.transfer',
  tag: 'ticket.edit',
  priority: 'ticket.edit',
}

/** The verb's command as the desk takes it. */
export function commandOf(verb: BulkVerb, wanted: Wanted): Record<string, unknown> {
  const reason = wanted.reason.trim()
  switch (verb) {
    case 'assign':
      return { assignee: wanted.assignee || null, ...(reason ? { reason } : {}) }
    case 'transfer':
      return { team: wanted.team, reason }
    case 'priority':
      return { priority: wanted.priority, reason }
    case 'tag':
      return { add: tagsOf(wanted.tags) }
  }
}

/** What is still to be filled in. */
export function lacking(verb: BulkVerb, wanted: Wanted): (keyof Wanted)[] {
  const needed: Record<BulkVerb, (keyof Wanted)[]> = {
    assign: [],
    transfer: ['team', 'reason'],
    priority: ['priority', 'reason'],
    tag: ['tags'],
  }
  return needed[verb].filter((name) => !wanted[name].trim())
}

export function tagsOf(text: string): string[] {
  return [
    ...new Set(
      text
        .split(/[,,、]/)
        .map((one) => one.trim())
        .filter(Boolean),
    ),
  ]
}

/** Do it, one transaction each; the report names what was refused and why. */
export async function doBulk(
  verb: BulkVerb,
  wanted: Wanted,
  rows: readonly Row[],
  key: string,
): Promise<Report> {
  const items = rows.map(({ id, version }) => ({ id, version }))
  return ask(
    api.POST('/api/v1/tickets/bulk', {
      params: { header: { 'Idempotency-Key': key } },
      body: { verb, items, command: commandOf(verb, wanted) },
    }),
  )
}

/** Why one was refused, in the desk's words. */
export function refusalOf(item: Report['items'][number]): string {
  const detail = item.problem?.['detail']
  return typeof detail === 'string' ? detail : String(item.status)
}
