import { has, language, t } from '@/shared/i18n'
import { duration } from '@/shared/i18n/format'
import type { Limit, PauseReason, Signal, Unit } from './api'

export const UNITS: readonly Unit[] = ['minute', 'hour', 'business_minute', 'business_hour', 'working_day', 'calendar_day'] // prettier-ignore
export const SIGNALS: readonly Signal[] = [
  'opened', 'received', 'replied', 'claimed', 'assigned', 'transferred', 'processing', 'waiting', 'resumed', 'resolved',
  'called_back', 'reopened', 'archived', 'new_facts',
] // prettier-ignore
export const PAUSES: readonly PauseReason[] = ['customer', 'third_party', 'appraisal']
export const KINDS = ['enquiry', 'request', 'dispute', 'complaint', 'risk_event'] as const
export const PRIORITIES = ['urgent', 'normal', 'low'] as const
export const CHANNELS = ['portal', 'phone', 'wechat', 'chat', 'email', 'api', 'import'] as const

/** A code in words where there are some under `sla.<group>`, else the code itself. */
export function word(group: string, code: string): string {
  const key = `sla.${group}.${code}`
  return has(key) ? t(key) : code
}

/** 15 个工作日 */
export function limitWords(limit: Pick<Limit, 'amount' | 'unit'>): string {
  return t(`sla.amount.${limit.unit}`, { n: limit.amount })
}

/** Whether a limit is counted within a calendar's working time. */
export function needsCalendar(unit: Unit): boolean {
  return unit.startsWith('business_') || unit === 'working_day'
}

export function isDays(unit: Unit): boolean {
  return unit.endsWith('_day')
}

/** How much earlier (negative) or later a moment has become. */
export function shiftWords(seconds: number): string {
  return t(seconds < 0 ? 'sla.earlier_by' : 'sla.later_by', { length: duration(seconds) })
}

/** 2026年10月1日 周四, of a date without a time. */
export function dayWords(on: string): string {
  const at = new Date(`${on}T00:00:00Z`)
  if (Number.isNaN(at.getTime())) return on
  const locale = language.value === 'zh' ? 'zh-CN' : 'en-GB'
  const day = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', year: 'numeric', month: language.value === 'zh' ? 'long' : 'short', day: 'numeric' }) // prettier-ignore
  return `${day.format(at)} ${weekdayWord(on)}`
}

export function weekdayWord(on: string): string {
  const at = new Date(`${on}T00:00:00Z`)
  if (Number.isNaN(at.getTime())) return ''
  const locale = language.value === 'zh' ? 'zh-CN' : 'en-GB'
  return new Intl.DateTimeFormat(locale, { timeZone: 'UTC', weekday: 'short' }).format(at)
}

/** The desk's people type moments as they are in China; the desk takes them with their zone. Null where nothing is typed. */
export function momentOf(typed: string): string | null {
  return typed === '' ? null : `${typed.length === 16 ? `${typed}:00` : typed}+08:00`
}

/** An amount in a unit that is known only as a code. */
export function limitOf(amount: number, unit: string): string {
  const known = UNITS.find((one) => one === unit)
  return known ? limitWords({ amount, unit: known }) : ''
}

/** A member of what is being set up, in words as far as there are: /clocks/2/code is 计时 第 3 项 · 代号. */
export function pointerSaid(pointer: string): string {
  return pointer
    .split('/')
    .filter(Boolean)
    .map((part) => (/^\d+$/.test(part) ? t('sla.nth', { n: Number(part) + 1 }) : word('path', part)))
    .join(' · ')
}
