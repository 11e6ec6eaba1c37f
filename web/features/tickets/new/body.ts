import type { Schema } from '@/shared/api/client'
import type { CaseForm } from '@/features/casetypes/form'
import { toValues, type Inputs } from '@/features/casetypes/inputs'
import { missing, type Lack } from '@/features/casetypes/answers'
import type { Wrong } from '@/features/casetypes/wrong'

/** What somebody taking a ticket in has written so far. */
export interface Draft {
  caseType: string
  channel: Channel
  title: string
  description: string
  priority: '' | Schema['TicketRow']['priority']
  inputs: Inputs
  elements: Readonly<Record<string, string>>
}
export type Channel = 'phone' | 'chat' | 'wechat' | 'email'
export const CHANNELS: readonly Channel[] = ['phone', 'chat', 'wechat', 'email']

/** The customer as told. Never kept on the device. */
export interface Who {
  kind: 'person' | 'organisation'
  name: string
  mobile: string
  email: string
  idNumber: string
  card: string
  uscc: string
  reference: string
}
export const NOBODY: Who = {
  kind: 'person',
  name: '',
  mobile: '',
  email: '',
  idNumber: '',
  card: '',
  uscc: '',
  reference: '',
}
export const NOTHING: Draft = {
  caseType: '',
  channel: 'phone',
  title: '',
  description: '',
  priority: '',
  inputs: {},
  elements: {},
}

/** The ticket as the desk takes it. */
export function bodyOf(draft: Draft, who: Who, form: CaseForm): Schema['OpenTicket'] {
  const customer = customerOf(who)
  return {
    case_type: draft.caseType,
    channel: draft.channel,
    title: draft.title.trim(),
    description: draft.description.trim(),
    elements: { ...draft.elements },
    fields: { ...toValues(form.fields, draft.inputs) },
    ...(draft.priority ? { priority: draft.priority } : {}),
    ...(customer ? { customer } : {}),
  }
}

/** Null where nothing was told of the customer. */
export function customerOf(who: Who): Schema['NewCustomer'] | null {
  const one = (text: string): string[] => (text.trim() ? [text.trim()] : [])
  const isPerson = who.kind === 'person'
  const told = {
    mobiles: one(who.mobile),
    emails: one(who.email),
    card_numbers: isPerson ? one(who.card.replace(/\s/g, '')) : [],
  }
  const single = {
    name: who.name.trim(),
    id_number: isPerson ? who.idNumber.trim().toUpperCase() : '',
    uscc: isPerson ? '' : who.uscc.trim().toUpperCase(),
    external_ref: who.reference.trim(),
  }
  const said = Object.fromEntries(Object.entries(single).filter(([, text]) => text))
  const isNothing = Object.keys(said).length === 0 && Object.values(told).every((list) => list.length === 0)
  return isNothing ? null : { kind: who.kind, ...told, ...said }
}

/** What a ticket cannot be opened without. */
export function cannotDoWithout(draft: Draft, words: string): Wrong {
  const wrong: Record<string, string> = {}
  if (!draft.title.trim()) wrong['/title'] = words
  if (!draft.description.trim()) wrong['/description'] = words
  return wrong
}

/** Fields that are asked when it is taken in, and those of the handling afterwards. */
export function byTime(form: CaseForm): { now: string[]; later: string[] } {
  const isNow = (field: CaseForm['fields'][number]): boolean =>
    field.by === 'customer' || field.requiredFor.some((one) => one.step === 'submit' || one.step === 'accept')
  return {
    now: form.fields.filter(isNow).map((one) => one.code),
    later: form.fields.filter((one) => !isNow(one)).map((one) => one.code),
  }
}

/** What the case will need to be accepted and does not have yet; evidence comes as files, afterwards. */
export function stillMissing(draft: Draft, form: CaseForm): Lack[] {
  const answers = { values: toValues(form.fields, draft.inputs), elements: draft.elements }
  return missing(form, answers, 'accept').filter((one) => !one.pointer.startsWith('/evidence/'))
}
