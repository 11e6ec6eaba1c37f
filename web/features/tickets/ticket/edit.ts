import type { CaseForm } from '@/features/casetypes/form'
import { fromValue, toValue, type Inputs } from '@/features/casetypes/inputs'
import type { Ticket } from './entry'

/** What is typed while a ticket's contents are edited. */
export interface Edit {
  title: string
  elements: Readonly<Record<string, string>>
  inputs: Inputs
}
/** What stood there at the start, and the masks of protected fields, which have no input. */
export interface Start extends Edit {
  held: Readonly<Record<string, string>>
}
/** What is sent: only what was changed; null takes a value away. */
export interface Changes {
  title?: string
  fields: Record<string, unknown>
  elements: Record<string, unknown>
}

export function startEdit(ticket: Ticket, form: CaseForm): Start {
  const inputs: Record<string, NonNullable<ReturnType<typeof fromValue>>> = {}
  const held: Record<string, string> = {}
  for (const field of form.fields) {
    const value: unknown = ticket.fields[field.code]
    if (value === undefined || value === null) continue
    if (field.protected) held[field.code] = String(value)
    else {
      const input = fromValue(field, value)
      if (input !== undefined) inputs[field.code] = input
    }
  }
  return { title: ticket.title, elements: { ...ticket.elements }, inputs, held }
}

/** What was changed between the start and now; null where nothing was. */
export function editOf(start: Start, now: Edit, form: CaseForm): Changes | null {
  const fields: Record<string, unknown> = {}
  for (const field of form.fields) {
    const before = toValue(field, start.inputs[field.code])
    const after = toValue(field, now.inputs[field.code])
    if (isSame(before, after)) continue
    fields[field.code] = after ?? null
  }
  const elements: Record<string, unknown> = {}
  for (const code of new Set([...Object.keys(start.elements), ...Object.keys(now.elements)])) {
    const [before, after] = [start.elements[code] ?? '', now.elements[code] ?? '']
    if (before !== after) elements[code] = after === '' ? null : after
  }
  const title = now.title.trim()
  const isTitled = title !== '' && title !== start.title
  const isEmpty = Object.keys(fields).length + Object.keys(elements).length === 0 && !isTitled
  return isEmpty ? null : { fields, elements, ...(isTitled ? { title } : {}) }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
