import { isRecord } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { dateTime, money } from '@/shared/i18n/format'
import type { CaseForm } from '@/features/casetypes/form'
import { list } from './sentences'

/** A value of a field as it is read: choices by their words, money with its currency, moments in the desk's zone. */
export function shownValue(form: CaseForm | null, code: string, value: unknown): string {
  const field = form?.fields.find((one) => one.code === code)
  if (typeof value === 'boolean') return t(value ? 'ticket.facts.yes' : 'ticket.facts.no')
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return list(value.map((one) => shownValue(form, code, one)))
  if (isRecord(value)) {
    const { amount, currency, mask } = value
    if (typeof amount === 'string' && typeof currency === 'string') return money(amount, currency)
    return typeof mask === 'string' ? mask : ''
  }
  if (typeof value !== 'string') return ''
  const choice = field?.choices.find((one) => one.code === value)
  if (choice) return choice.label
  return field?.type === 'datetime' ? moment(value) : value
}

/** Whether what stands there is a mask: a protected field's value never leaves the vault. */
export function isMasked(form: CaseForm | null, code: string): boolean {
  return form?.fields.find((one) => one.code === code)?.protected ?? false
}

/** A moment in words; what is none stays as it was written. */
export function moment(text: string): string {
  return /^\d{4}-\d{2}-\d{2}T/.test(text) && !Number.isNaN(Date.parse(text)) ? dateTime(text) : text
}
