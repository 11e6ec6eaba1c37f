import { isRecord } from '@/shared/api/problem'
import type { CaseForm } from '@/features/casetypes/form'
import type { Input, Inputs } from '@/features/casetypes/inputs'
import { CHANNELS, NOTHING, type Draft } from './body'

const KEPT_AS = 'bihuan.new'

/**
 * Keep the draft in this tab until it is sent: all but protected values (numbers, names, addresses) and the customer.
 * Before the form is known nothing is known to be harmless, so no answers are kept.
 */
export function keep(draft: Draft, form: CaseForm | null): void {
  const harmless = new Set(form?.fields.filter((field) => !field.protected).map((field) => field.code))
  const inputs = Object.fromEntries(Object.entries(draft.inputs).filter(([code]) => harmless.has(code)))
  try {
    sessionStorage.setItem(KEPT_AS, JSON.stringify({ ...draft, inputs }))
  } catch {
    // A browser without storage forgets the draft with the page.
  }
}

export function drop(): void {
  sessionStorage.removeItem(KEPT_AS)
}

/** What was kept; nothing where there is nothing, or nothing that can be read. */
export function kept(): Draft {
  try {
    return draftOf(JSON.parse(sessionStorage.getItem(KEPT_AS) ?? 'null'))
  } catch {
    return NOTHING
  }
}

function draftOf(data: unknown): Draft {
  if (!isRecord(data)) return NOTHING
  const text = (name: string): string => (typeof data[name] === 'string' ? data[name] : '')
  const priority = text('priority')
  return {
    caseType: text('caseType'),
    channel: CHANNELS.find((one) => one === data['channel']) ?? NOTHING.channel,
    title: text('title'),
    description: text('description'),
    priority: priority === 'urgent' || priority === 'normal' || priority === 'low' ? priority : '',
    inputs: inputsOf(data['inputs']),
    elements: textsOf(data['elements']),
  }
}

function textsOf(data: unknown): Record<string, string> {
  const found: Record<string, string> = {}
  if (isRecord(data))
    for (const [code, one] of Object.entries(data)) if (typeof one === 'string') found[code] = one
  return found
}

function inputsOf(data: unknown): Inputs {
  const found: Record<string, Input> = {}
  if (isRecord(data)) for (const [code, one] of Object.entries(data)) if (isInput(one)) found[code] = one
  return found
}

function isInput(one: unknown): one is Input {
  if (typeof one === 'string' || typeof one === 'boolean') return true
  if (Array.isArray(one)) return one.every((each) => typeof each === 'string')
  return isRecord(one) && typeof one['amount'] === 'string' && typeof one['currency'] === 'string'
}
