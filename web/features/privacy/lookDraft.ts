import { t } from '@/shared/i18n'
import type { LookPolicy } from './api'

/** The rules of looking as they are typed: numbers as text, empty where the desk's settings or everybody's limit hold. */
export interface LookDraft {
  values: string
  searches: string
  roles: { role: string; values: string; searches: string }[]
  hour: string
  timesUsual: string
  customers: string
  refusals: string
  calendar: string
  zone: string
  tiers: string
  tags: string
}
interface Wrong {
  pointer: string
  detail: string
}

/** The numbers that must be there, by their member. */
const NEEDED = [
  ['hour', 'hour'],
  ['timesUsual', 'times_usual'],
  ['customers', 'customers'],
  ['refusals', 'refusals'],
] as const
const typed = (n: number | null | undefined): string => (n === null || n === undefined ? '' : String(n))
const number = (text: string): number | null => (text.trim() === '' ? null : Number(text))
const isWhole = (text: string, least: number): boolean =>
  /^\d{1,6}$/.test(text.trim()) && Number(text) >= least

export function draftOf(policy: LookPolicy, separator: string): LookDraft {
  return {
    values: typed(policy.values_a_day),
    searches: typed(policy.searches_a_day),
    roles: Object.entries(policy.roles ?? {}).map(([role, limits]) => ({
      role,
      values: typed(limits.values),
      searches: typed(limits.searches),
    })),
    hour: typed(policy.hour),
    timesUsual: typed(policy.times_usual),
    customers: typed(policy.customers),
    refusals: typed(policy.refusals),
    calendar: policy.calendar ?? '',
    zone: policy.zone ?? '',
    tiers: (policy.tiers ?? []).join(separator),
    tags: (policy.tags ?? []).join(separator),
  }
}

/** What is typed, as it is sent. Only where `wrongsOf` finds nothing. */
export function policyOf(draft: LookDraft): LookPolicy {
  return {
    values_a_day: number(draft.values),
    searches_a_day: number(draft.searches),
    roles: Object.fromEntries(
      draft.roles.map((one) => [one.role, { values: number(one.values), searches: number(one.searches) }]),
    ),
    hour: Number(draft.hour),
    times_usual: Number(draft.timesUsual),
    customers: Number(draft.customers),
    refusals: Number(draft.refusals),
    calendar: draft.calendar,
    zone: draft.zone.trim(),
    tiers: listed(draft.tiers),
    tags: listed(draft.tags),
  }
}

/** What is wrong with it, by the member it is sent as. */
export function wrongsOf(draft: LookDraft): Wrong[] {
  const optional: [string, string][] = [
    ['/policy/values_a_day', draft.values],
    ['/policy/searches_a_day', draft.searches],
    ...draft.roles.flatMap((one): [string, string][] => [
      [`/policy/roles/${one.role}/values`, one.values],
      [`/policy/roles/${one.role}/searches`, one.searches],
    ]),
  ]
  return [
    ...optional
      .filter(([, text]) => text.trim() !== '' && !isWhole(text, 0))
      .map(([pointer]) => ({ pointer, detail: t('privacy.whole', { n: 0 }) })),
    ...NEEDED.filter(([name]) => !isWhole(draft[name], 1)).map(([, member]) => ({
      pointer: `/policy/${member}`,
      detail: t('privacy.whole', { n: 1 }),
    })),
  ]
}

/** Names typed one after the other, each once. */
export function listed(text: string): string[] {
  return [...new Set(text.split(/[,，、;；\n]/).map((one) => one.trim()))].filter(Boolean)
}
