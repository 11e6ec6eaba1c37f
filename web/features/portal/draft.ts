import type { CaseForm } from '@/features/casetypes/form'
import type { Input, Inputs } from '@/features/casetypes/inputs'
import { isRecord } from '@/shared/api/problem'
import { hidden } from './hidden'

export type Priority = 'urgent' | 'normal' | 'low'
/** What was typed and not yet sent. */
export interface Draft {
  inputs: Inputs
  elements: Readonly<Record<string, string>>
  priority: Priority | null
  /** What its sending is known by: an answer may have been lost. */
  key?: string
}

/** Keep a draft in this tab: never a protected field, and in free words no number that could be a card, an ID or a phone. */
export function keepDraft(form: CaseForm, who: string, draft: Draft): void {
  const open = form.fields.filter((field) => !field.protected).map((field) => field.code)
  const inputs = Object.entries(draft.inputs).filter(([code]) => open.includes(code))
  const safe = {
    who,
    ...(draft.key ? { key: draft.key } : {}),
    priority: draft.priority,
    inputs: Object.fromEntries(inputs.map(([code, input]) => [code, typeof input === 'string' ? hidden(input) : input])), // prettier-ignore
    elements: Object.fromEntries(Object.entries(draft.elements).map(([code, text]) => [code, hidden(text)])),
  }
  try {
    window.sessionStorage.setItem(place(form.code), JSON.stringify(safe))
  } catch {
    // A browser without storage keeps the page's own memory alone.
  }
}

/** The draft kept in this tab by the same customer; null where there is none. */
export function keptDraft(code: string, who: string): Draft | null {
  const found = parsed(code)
  if (!isRecord(found) || found['who'] !== who) return null
  const inputs = Object.entries(isRecord(found['inputs']) ? found['inputs'] : {}).filter(
    (pair): pair is [string, Input] => isInput(pair[1]),
  )
  const elements = Object.entries(isRecord(found['elements']) ? found['elements'] : {}).filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string',
  )
  const priority = (['urgent', 'normal', 'low'] as const).find((one) => one === found['priority']) ?? null
  const key = typeof found['key'] === 'string' ? found['key'] : ''
  return {
    inputs: Object.fromEntries(inputs),
    elements: Object.fromEntries(elements),
    priority,
    ...(key ? { key } : {}),
  }
}

/** Forget the draft: it was sent, or thrown away. */
export function dropDraft(code: string): void {
  try {
    window.sessionStorage.removeItem(place(code))
  } catch {
    // Nothing was kept.
  }
}

function place(code: string): string {
  return `bihuan.draft.${code}`
}

function parsed(code: string): unknown {
  try {
    return JSON.parse(window.sessionStorage.getItem(place(code)) ?? 'null')
  } catch {
    return null
  }
}

function isInput(value: unknown): value is Input {
  return (
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    (Array.isArray(value) && value.every((one) => typeof one === 'string')) ||
    (isRecord(value) && typeof value['amount'] === 'string' && typeof value['currency'] === 'string')
  )
}
