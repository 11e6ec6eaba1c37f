import { isRecord } from '@/shared/api/problem'
import { holds, parseCondition } from '@/features/casetypes/condition'
import { string, type Ticket } from './entry'

/** A step of the checklist. */
export interface Step {
  code: string
  title: string
}

/** Titles of all steps that a case type's form names, by code. */
export function titlesOf(schema: unknown): Map<string, string> {
  return new Map(listed(schema).map((one) => [string(one['code']), string(one['title'])]))
}

/** The steps of a ticket as it stands: those its answers ask for, and those that are done. */
export function stepsOf(schema: unknown, ticket: Ticket): Step[] {
  return listed(schema)
    .filter(
      (one) =>
        ticket.checklist.includes(string(one['code'])) || holds(parseCondition(one['x-when']), ticket.fields),
    )
    .map((one) => ({ code: string(one['code']), title: string(one['title']) }))
}

/** A stage stands in the same list, but is closed by what it needs, not by a tick. */
function listed(schema: unknown): Record<string, unknown>[] {
  if (!isRecord(schema) || !Array.isArray(schema['checklist'])) return []
  return schema['checklist'].filter(isRecord).filter((one) => one['x-kind'] !== 'stage')
}
