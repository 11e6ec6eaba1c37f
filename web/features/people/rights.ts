import { t } from '@/shared/i18n'
import type { Deputy, Role, RoleGroup } from './api'

/** Desk time, whatever the browser's: the moments typed here are Shanghai's. */
const OFFSET = '+08:00'
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/

/** The groups that these roles belong to, by name or by what they may do. */
export function groupsOf(
  codes: readonly string[],
  roles: readonly Role[],
  groups: readonly RoleGroup[],
): RoleGroup[] {
  const held = new Set(roles.filter((one) => codes.includes(one.code)).flatMap((one) => one.permissions))
  return groups.filter(
    (group) =>
      group.roles.some((code) => codes.includes(code)) ||
      group.permissions.some((code) => !code.endsWith('*') && held.has(code)),
  )
}
/** Two groups that must not meet, said before one saves; empty where none do. The desk has the last word. */
export function conflictOf(
  codes: readonly string[],
  roles: readonly Role[],
  groups: readonly RoleGroup[],
  language: 'zh' | 'en',
): string {
  const [one, other] = groupsOf(codes, roles, groups)
  return one && other ? t('people.conflict', { one: one[language], other: other[language] }) : ''
}
/** `2026-11-21T15:30` as typed, with the desk's offset; null where it is no moment. */
export function momentOf(typed: string): string | null {
  return MOMENT.test(typed) ? `${typed}:00${OFFSET}` : null
}
/** What is wrong with a deputy's time as typed, by the member it is sent as. */
export function wrongsOfDeputy(
  deputy: string,
  from: string,
  until: string,
): { pointer: string; detail: string }[] {
  const needed = t('filling.needed')
  const [start, end] = [momentOf(from), momentOf(until)]
  return [
    ...(deputy === '' ? [{ pointer: '/deputy', detail: needed }] : []),
    ...(start ? [] : [{ pointer: '/from_at', detail: needed }]),
    ...(end ? [] : [{ pointer: '/until_at', detail: needed }]),
    ...(start && end && Date.parse(end) <= Date.parse(start)
      ? [{ pointer: '/until_at', detail: t('people.until_after') }]
      : []),
  ]
}
/** Deputies of somebody, the one of now first. */
export function deputiesOf(login: string, all: readonly Deputy[]): Deputy[] {
  return all.filter((one) => one.staff === login).sort((a, b) => a.from_at.localeCompare(b.from_at))
}
