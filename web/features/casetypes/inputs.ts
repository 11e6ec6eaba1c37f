import { isRecord } from '@/shared/api/problem'
import { dateTime } from '@/shared/i18n/format'
import type { Values } from './condition'
import type { FormField } from './form'

export interface MoneyInput {
  amount: string
  currency: string
}
/** What a control holds while one types: always what was typed, never yet what the desk takes. */
export type Input = string | boolean | string[] | MoneyInput
/** By the code of the field; a code without an input is not answered. */
export type Inputs = Readonly<Record<string, Input>>

/** Inputs from the text they were kept as; what is none is left out. */
export function inputsIn(text: string): Inputs {
  const kept: unknown = text === '' ? {} : JSON.parse(text)
  if (!isRecord(kept)) return {}
  return Object.fromEntries(
    Object.entries(kept).flatMap(([code, one]) => (isInput(one) ? [[code, one]] : [])),
  )
}
function isInput(value: unknown): value is Input {
  if (Array.isArray(value)) return value.every((one) => typeof one === 'string')
  if (isRecord(value)) return typeof value['amount'] === 'string' && typeof value['currency'] === 'string'
  return typeof value === 'string' || typeof value === 'boolean'
}

/** The zone of what people here mean by a time of day. */
const ZONE = '+08:00'
export const CURRENCIES = ['CNY', 'HKD', 'USD', 'EUR', 'JPY', 'GBP', 'AUD', 'SGD', 'THB', 'KRW', 'TWD', 'MOP']

/** The input as the desk takes it; undefined where there is none. What cannot be read is sent as typed: the desk says why. */
export function toValue(field: Pick<FormField, 'type'>, input: Input | undefined): unknown {
  if (input === undefined || typeof input === 'boolean') return input
  if (Array.isArray(input)) return input.length > 0 ? input : undefined
  if (typeof input === 'object') {
    const amount = plain(input.amount).replace(/[,\s¥$]/g, '')
    return amount ? { amount, currency: input.currency } : undefined
  }
  if (!input.trim()) return undefined
  switch (field.type) {
    case 'integer':
    case 'number':
      return toNumber(plain(input), field.type)
    case 'datetime':
      return toMoment(input)
    case 'card_number':
      return plain(input).replace(/[\s-]/g, '')
    default:
      return input
  }
}

/** What a control holds for a value the desk has; nothing for a protected one, which is known by its mask alone. */
export function fromValue(field: Pick<FormField, 'type'>, value: unknown): Input | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return value.filter((one) => typeof one === 'string')
  if (isRecord(value)) {
    const { amount, currency } = value
    return typeof amount === 'string' && typeof currency === 'string' ? { amount, currency } : undefined
  }
  if (typeof value !== 'string' || value === '') return undefined
  return field.type === 'datetime' ? fromMoment(value) : value
}

/** All inputs as the desk takes them. */
export function toValues(fields: readonly FormField[], inputs: Inputs): Values {
  const said = fields.map((field) => [field.code, toValue(field, inputs[field.code])] as const)
  return Object.fromEntries(said.filter(([, value]) => value !== undefined))
}

/** `2026-11-21T15:30`, as the browser's control gives it, with the zone; a day alone stays a day. */
export function toMoment(local: string): string {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(local)) return local
  return `${local.length === 16 ? `${local}:00` : local}${ZONE}`
}

/** A moment of the desk as the browser's control wants it; a day alone stays a day. */
export function fromMoment(iso: string): string {
  if (iso.length <= 10 || Number.isNaN(Date.parse(iso))) return iso
  return dateTime(iso).replace(' ', 'T')
}

/** Digits in groups of four as on a card, with the caret where it was between the same two digits. */
export function grouped(typed: string, caret: number): { text: string; caret: number } {
  const digits = plain(typed).replace(/\D/g, '').slice(0, 19)
  const before = plain(typed.slice(0, caret)).replace(/\D/g, '').length
  const text = digits.replace(/(\d{4})(?=\d)/g, '$1 ')
  return { text, caret: Math.min(text.length, before + Math.floor(Math.max(0, before - 1) / 4)) }
}

/** Full-width digits and letters as plain ones: people type 6222. */
function plain(text: string): string {
  return text.normalize('NFKC').trim()
}

function toNumber(text: string, type: 'integer' | 'number'): number | string {
  const shape = type === 'integer' ? /^[+-]?\d{1,15}$/ : /^[+-]?\d{1,15}(\.\d{1,10})?$/
  const bare = text.replace(/,/g, '')
  return shape.test(bare) ? Number(bare) : text
}
