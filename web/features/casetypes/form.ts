import { isRecord } from '@/shared/api/problem'
import { parseCondition, type Condition } from './condition'

/**
 * A case type's form as the desk sends it (`schema` of GET /case-types/{code} and /portal/case-types/{code}), typed.
 *
 * `parseForm(schema)` → CaseForm; what is typed lives in `Inputs` (inputs.ts); `asked`, `missing` (answers.ts) follow the
 * conditions; `FormFields.vue`, `ElementsForm.vue` draw it.
 */
export interface CaseForm {
  code: string
  title: string
  help: string
  fields: readonly FormField[]
  elements: readonly FormElement[]
  evidence: readonly EvidenceItem[]
  example: Example
}
export type Step = 'submit' | 'accept' | 'resolve' | 'archive'
export const STEPS: readonly Step[] = ['submit', 'accept', 'resolve', 'archive']
export type By = 'customer' | 'staff'
export interface Required {
  step: Step
  when: Condition | null
}
export interface Choice {
  code: string
  label: string
}
export type FieldType = (typeof FIELD_TYPES)[number]
export interface FormField {
  code: string
  type: FieldType
  label: string
  help: string
  /** How a customer is asked; empty where the label will do. */
  prompt: string
  by: By
  /** Kept in the vault: never stored on a device, shown masked once kept. */
  protected: boolean
  /** A day or moment that has been. */
  past: boolean
  when: Condition | null
  requiredFor: readonly Required[]
  /** The one of the five elements that this field answers. */
  element: string
  choices: readonly Choice[]
  maxLength: number | null
  minLength: number | null
  min: number | null
  max: number | null
  looksLike: string
}
export interface FormElement {
  code: string
  label: string
  prompt: string
  prompts: readonly { when: Condition | null; text: string }[]
  answeredBy: readonly string[]
  minLength: number | null
  requiredFor: readonly Required[]
}
export interface EvidenceItem {
  code: string
  title: string
  help: string
  by: By
  when: Condition | null
  requiredFor: readonly Required[]
}
export interface Example {
  title: string
  description: string
  elements: Readonly<Record<string, string>>
  fields: Readonly<Record<string, unknown>>
}

export const FIELD_TYPES = [
  'text', 'long_text', 'choice', 'choices', 'integer', 'number', 'money', 'date', 'datetime', 'boolean', 'uscc',
  'reference', 'card_number', 'id_number', 'mobile', 'account', 'email', 'person_name', 'address',
] as const // prettier-ignore

/** The typed form of a schema; a member this app does not know is left out, a type it does not know is a text. */
export function parseForm(schema: unknown): CaseForm {
  const data = record(schema)
  return {
    code: text(data['case_type']),
    title: text(data['title']),
    help: text(data['help']),
    fields: Object.entries(record(record(data['fields'])['properties'])).map(([code, one]) =>
      parseField(code, record(one)),
    ),
    elements: list(data['elements']).map((one) => parseElement(record(one))),
    evidence: list(data['evidence']).map((one) => parseEvidence(record(one))),
    example: parseExample(record(data['example'])),
  }
}

function parseField(code: string, data: Record<string, unknown>): FormField {
  const type = FIELD_TYPES.find((one) => one === data['x-type']) ?? 'text'
  const number = type === 'money' ? 'x-' : ''
  return {
    code,
    type,
    label: text(data['title']),
    help: text(data['description']),
    prompt: text(data['x-prompt']),
    by: by(data['x-by']),
    protected: data['x-protected'] !== false,
    past: data['x-past'] === true,
    when: parseCondition(data['x-when']),
    requiredFor: required(data['x-required-for']),
    element: text(data['x-element']),
    choices: list(data['oneOf'] ?? record(data['items'])['oneOf']).map((one) => ({
      code: text(record(one)['const']),
      label: text(record(one)['title']),
    })),
    maxLength: amount(data['maxLength']),
    minLength: amount(data['minLength']),
    min: amount(data[`${number}minimum`]),
    max: amount(data[`${number}maximum`]),
    looksLike: text(list(data['examples'])[0]),
  }
}

function parseElement(data: Record<string, unknown>): FormElement {
  return {
    code: text(data['code']),
    label: text(data['label']),
    prompt: text(data['prompt']),
    prompts: list(data['prompts'])
      .map(record)
      .map((one) => ({ when: parseCondition(one['x-when']), text: text(one['text']) })),
    answeredBy: list(data['answered_by']).map(text),
    minLength: amount(data['min_length']),
    requiredFor: required(data['x-required-for']),
  }
}

function parseEvidence(data: Record<string, unknown>): EvidenceItem {
  return {
    code: text(data['code']),
    title: text(data['title']),
    help: text(data['help']),
    by: by(data['x-by']),
    when: parseCondition(data['x-when']),
    requiredFor: required(data['x-required-for']),
  }
}

function parseExample(data: Record<string, unknown>): Example {
  const said = Object.entries(record(data['elements'])).map(([code, one]) => [code, text(one)] as const)
  return {
    title: text(data['title']),
    description: text(data['description']),
    elements: Object.fromEntries(said),
    fields: record(data['fields']),
  }
}

function required(data: unknown): Required[] {
  return list(data).flatMap((one) => {
    const step = STEPS.find((each) => each === record(one)['step'])
    return step ? [{ step, when: parseCondition(record(one)['when']) }] : []
  })
}

function by(data: unknown): By {
  return data === 'staff' ? 'staff' : 'customer'
}

function record(data: unknown): Record<string, unknown> {
  return isRecord(data) ? data : {}
}

function list(data: unknown): unknown[] {
  return Array.isArray(data) ? data : []
}

function text(data: unknown): string {
  return typeof data === 'string' ? data : ''
}

function amount(data: unknown): number | null {
  const found = typeof data === 'string' && data !== '' ? Number(data) : data
  return typeof found === 'number' && Number.isFinite(found) ? found : null
}
