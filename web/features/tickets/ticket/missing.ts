import type { Schema } from '@/shared/api/client'
import type { FieldProblem } from '@/shared/api/problem'
import type { Ticket } from './entry'
import type { DoingName } from './verbs'

export type Missing = Schema['MissingView']

const CLOSED: readonly string[] = ['archived', 'withdrawn', 'rejected', 'merged']
const BEFORE_ARCHIVE: readonly string[] = ['resolved', 'called_back']

/** The step whose needs a ticket's `missing` names; null where it has no next step. */
export function nextStep(ticket: Ticket): 'accept' | 'resolve' | 'archive' | null {
  if (CLOSED.includes(ticket.state)) return null
  if (ticket.state === 'intake') return 'accept'
  return BEFORE_ARCHIVE.includes(ticket.state) ? 'archive' : 'resolve'
}

/** Where something missing is given: what fills fields, or what checks steps and evidence off. */
export function placeOf(pointer: string): DoingName {
  return pointer.startsWith('/fields/') || pointer.startsWith('/elements/') ? 'fields' : 'check'
}

/** What a refusal named as missing, with the labels the desk gave to the same places. */
export function refusedFor(problems: readonly FieldProblem[], known: readonly Missing[]): Missing[] {
  const byPointer = new Map(known.map((one) => [one.pointer, one]))
  return problems
    .filter((one) => one.code === 'missing')
    .map((one) => byPointer.get(one.pointer) ?? { pointer: one.pointer, label: one.detail, by: 'staff' })
}
