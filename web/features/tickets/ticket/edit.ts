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

/** What is typed, upon what, and the version that was read then. */
export interface KeptEdit {
  edit: Edit
  start: Start
  version: number
}

/**
 * What was typed before, upon the ticket as it stands now: only what was changed lies over the new start. Where somebody
 * else changed the same, the start and the version of before stay, so that the desk shows both sides.
 */
export function reopenedEdit(kept: KeptEdit | null, start: Start, version: number): KeptEdit {
  if (!kept) return { edit: start, start, version }
  const { edit, start: old } = kept
  const inputs = over(old.inputs, edit.inputs, start.inputs)
  const elements = over(old.elements, edit.elements, start.elements)
  const isTitled = edit.title !== old.title
  const clash = inputs.clash || elements.clash || (isTitled && old.title !== start.title)
  return {
    edit: { title: isTitled ? edit.title : start.title, inputs: inputs.now, elements: elements.now },
    start: {
      title: isTitled ? old.title : start.title,
      inputs: inputs.start,
      elements: elements.start,
      held: start.held,
    },
    version: clash ? kept.version : version,
  }
}

type Parts<T> = Readonly<Record<string, T>>

/** Changes between `old` and `edit` laid over `start`, the start they are told from, and whether both sides changed one. */
function over<T>(
  old: Parts<T>,
  edit: Parts<T>,
  start: Parts<T>,
): { now: Parts<T>; start: Parts<T>; clash: boolean } {
  const mine = Object.keys({ ...old, ...edit }).filter((code) => !isSame(old[code], edit[code]))
  return {
    now: laidOver(start, edit, mine),
    start: laidOver(start, old, mine),
    clash: mine.some((code) => !isSame(old[code], start[code])),
  }
}

function laidOver<T>(under: Parts<T>, upper: Parts<T>, codes: readonly string[]): Parts<T> {
  const rest = Object.entries(under).filter(([code]) => !codes.includes(code))
  return Object.fromEntries([...rest, ...Object.entries(upper).filter(([code]) => codes.includes(code))])
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
