import { fieldsIn, holds, isPresent, type Values } from './condition'
import { STEPS, type CaseForm, type EvidenceItem, type FormElement, type FormField, type Required, type Step } from './form' // prettier-ignore

/** Something a step still needs; `pointer` says where it belongs in what is sent. */
export interface Lack {
  pointer: string
  label: string
}
/** Everything answered so far. `held`: codes of fields the desk keeps a (protected) value of. */
export interface Answers {
  values: Values
  elements?: Readonly<Record<string, string>>
  evidence?: readonly string[]
  held?: readonly string[]
}

/** Only the values of questions this case asks: an answer to one that is not asked opens no other question. */
export function askedValues(form: CaseForm, values: Values): Values {
  const byCode = new Map(form.fields.map((field) => [field.code, field]))
  const kept: Record<string, unknown> = {}
  const decided = new Set<string>()
  const decide = (code: string): void => {
    const field = byCode.get(code)
    if (!field || decided.has(code)) return
    decided.add(code)
    for (const other of fieldsIn(field.when)) decide(other)
    if (code in values && holds(field.when, kept)) kept[code] = values[code]
  }
  for (const field of form.fields) decide(field.code)
  return kept
}

/** The questions to ask now, in their order. */
export function asked(form: CaseForm, values: Values): FormField[] {
  const kept = askedValues(form, values)
  return form.fields.filter((field) => holds(field.when, kept))
}

/** The evidence that fits what was answered. */
export function wanted(form: CaseForm, values: Values): EvidenceItem[] {
  const kept = askedValues(form, values)
  return form.evidence.filter((item) => holds(item.when, kept))
}

/** Whether the step, or one before it, needs it. */
export function isRequired(rules: readonly Required[], step: Step, values: Values): boolean {
  const reached = STEPS.slice(0, STEPS.indexOf(step) + 1)
  return rules.some((rule) => reached.includes(rule.step) && holds(rule.when, values))
}

/** How one of the five elements is asked for in this situation. */
export function promptOf(element: FormElement, values: Values): string {
  return element.prompts.find((one) => holds(one.when, values))?.text ?? element.prompt
}

/** What the step still needs, as the desk would say it: fields, elements, evidence, in the order of the form. */
export function missing(form: CaseForm, answers: Answers, step: Step): Lack[] {
  const held = Object.fromEntries((answers.held ?? []).map((code) => [code, 'held']))
  const kept = askedValues(form, { ...answers.values, ...held })
  const due = (rules: readonly Required[]): boolean => isRequired(rules, step, kept)
  const fields = form.fields.filter(
    (field) => due(field.requiredFor) && holds(field.when, kept) && !isPresent(kept[field.code]),
  )
  const asks = new Set(fields.map((field) => field.code))
  const isTold = (element: FormElement): boolean =>
    Boolean(answers.elements?.[element.code]?.trim()) ||
    element.answeredBy.some((code) => isPresent(kept[code]) || asks.has(code))
  const elements = form.elements.filter((element) => due(element.requiredFor) && !isTold(element))
  const evidence = form.evidence.filter(
    (item) => due(item.requiredFor) && holds(item.when, kept) && !answers.evidence?.includes(item.code),
  )
  return [
    ...fields.map((one) => ({ pointer: `/fields/${one.code}`, label: one.label })),
    ...elements.map((one) => ({ pointer: `/elements/${one.code}`, label: one.label })),
    ...evidence.map((one) => ({ pointer: `/evidence/${one.code}`, label: one.title })),
  ]
}
