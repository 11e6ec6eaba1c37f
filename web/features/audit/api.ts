import { api, ask, type Schema } from '@/shared/api/client'

export type Entry = Schema['AuditView']
export type Detail = Schema['AuditDetail']
export type Page = Schema['AuditPage']

/** What is searched for; what is empty is not asked. Days are of the reader's own clock. */
export interface Asked {
  who: string
  kind: string
  ticket: string
  whom: string
  stream: '' | 'staff' | 'config'
  from: string
  to: string
}
export const NOTHING: Asked = { who: '', kind: '', ticket: '', whom: '', stream: '', from: '', to: '' }

/** A day typed as 2026-11-22, as the moment it begins; `later`: the day after it. */
export function dayBegins(day: string, later = 0): string {
  const [year, month, date] = day.split('-').map(Number)
  return new Date(year ?? 0, (month ?? 1) - 1, (date ?? 1) + later).toISOString()
}

/** The query of a search: empty members left out, the last day counted in. */
export function queryOf(asked: Asked): Record<string, string> {
  const { from, to, ...rest } = asked
  const said = Object.entries(rest).filter(([, value]) => value !== '')
  return {
    ...Object.fromEntries(said.map(([name, value]) => [name, value.trim()])),
    ...(from ? { from: dayBegins(from) } : {}),
    ...(to ? { to: dayBegins(to, 1) } : {}),
  }
}

export function readEvents(asked: Asked, after: string | null): Promise<Page> {
  const query = { ...queryOf(asked), ...(after === null ? {} : { after }) }
  return ask(api.GET('/api/v1/audit/events', { params: { query } }))
}
export function readEvent(id: string): Promise<Detail> {
  return ask(api.GET('/api/v1/audit/events/{id}', { params: { path: { id } } }))
}
export function readKinds(): Promise<string[]> {
  return ask(api.GET('/api/v1/audit/kinds'))
}
export function readSiem(): Promise<Schema['SiemState'] | null> {
  return ask(api.GET('/api/v1/audit/siem'))
}
export function exportAddress(asked: Asked): string {
  return `/api/v1/audit/export?${new URLSearchParams(queryOf(asked)).toString()}`
}
