import { api, ask, type Schema } from '@/shared/api/client'
import type { CalendarBody, PolicyBody, PolicyProposal, Simulate } from './api'

/** What is asked of the desk about time. Every one throws Problem. */

/** Key of what is read of calendars and policies. */
export const SLA_KEY = 'sla'

interface Of {
  params: { path: { code: string } }
}
const of = (code: string): Of => ({ params: { path: { code } } })
const once = (code: string, key: string): Of & { params: { header: { 'Idempotency-Key': string } } } => ({
  params: { path: { code }, header: { 'Idempotency-Key': key } },
})

export function calendars(): Promise<Schema['CalendarRow'][]> {
  return ask(api.GET('/api/v1/sla/calendars'))
}
/** A calendar in a version; null: the one that holds. */
export function calendar(code: string, version: number | null): Promise<Schema['CalendarView']> {
  const query = version === null ? {} : { version }
  return ask(api.GET('/api/v1/sla/calendars/{code}', { params: { path: { code }, query } }))
}
export function readNotice(code: string, notice: Schema['ImportNotice']): Promise<Schema['Noticed']> {
  return ask(api.POST('/api/v1/sla/calendars/{code}/notice', { ...of(code), body: notice }))
}
export function previewCalendar(code: string, body: CalendarBody): Promise<Schema['CalendarPreview']> {
  return ask(api.POST('/api/v1/sla/calendars/{code}/preview', { ...of(code), body: { body } }))
}
export function previewVersion(code: string, version: number): Promise<Schema['CalendarPreview']> {
  const path = { code, version: String(version) }
  return ask(api.GET('/api/v1/sla/calendars/{code}/versions/{version}/preview', { params: { path } }))
}
export function propose(code: string, body: Schema['ProposeCalendar'], key: string): Promise<Schema['CalendarVersion']> {
  return ask(api.POST('/api/v1/sla/calendars/{code}/versions', { ...once(code, key), body }))
} // prettier-ignore

/** A version that waits, and the key of the intention to decide it. */
export interface Decided {
  code: string
  version: number
  key: string
}
const decided = ({ code, version, key }: Decided) => ({
  params: { path: { code, version: String(version) }, header: { 'Idempotency-Key': key } },
})
export function approve(at: Decided, moveRunning: boolean): Promise<Schema['CalendarVersion']> {
  const body = { move_running: moveRunning }
  return ask(api.POST('/api/v1/sla/calendars/{code}/versions/{version}/approve', { ...decided(at), body }))
}
export function refuse(at: Decided, note: string): Promise<Schema['CalendarVersion']> {
  const body = { note }
  return ask(api.POST('/api/v1/sla/calendars/{code}/versions/{version}/refuse', { ...decided(at), body }))
}
export function rollBack(code: string, body: Schema['RollBackCalendar'], key: string): Promise<Schema['CalendarVersion']> {
  return ask(api.POST('/api/v1/sla/calendars/{code}/roll-back', { ...once(code, key), body }))
} // prettier-ignore

export function policies(): Promise<Schema['PolicyRow'][]> {
  return ask(api.GET('/api/v1/sla/policies'))
}
/** A policy in a version; null: the one that holds. */
export function policy(code: string, version: number | null): Promise<Schema['PolicyView']> {
  const query = version === null ? {} : { version }
  return ask(api.GET('/api/v1/sla/policies/{code}', { params: { path: { code }, query } }))
}
export function previewPolicy(body: PolicyBody): Promise<Schema['PolicyPreview']> {
  return ask(api.POST('/api/v1/sla/policies/preview', { body: { body } }))
}
export function savePolicy(body: Schema['MakePolicy'], key: string): Promise<Schema['PolicyVersion']> {
  return ask(api.POST('/api/v1/sla/policies', { params: { header: { 'Idempotency-Key': key } }, body }))
}
export function retire(code: string, body: Schema['RetirePolicy'], key: string): Promise<Schema['PolicyVersion']> {
  return ask(api.POST('/api/v1/sla/policies/{code}/retire', { ...once(code, key), body }))
} // prettier-ignore

/** Changes of policies that give more time than is set from outside: newest first, also those decided. */
export function policyProposals(): Promise<PolicyProposal[]> {
  return ask(api.GET('/api/v1/sla/policy-proposals'))
}
export function proposePolicy(body: Schema['ProposePolicy'], key: string): Promise<PolicyProposal> {
  return ask(
    api.POST('/api/v1/sla/policy-proposals', { params: { header: { 'Idempotency-Key': key } }, body }),
  )
}
export function approvePolicy(id: string, key: string): Promise<PolicyProposal> {
  return ask(api.POST('/api/v1/sla/policy-proposals/{id}/approve', { ...ofProposal(id, key) }))
}
export function refusePolicy(id: string, note: string, key: string): Promise<PolicyProposal> {
  const body = { note }
  return ask(api.POST('/api/v1/sla/policy-proposals/{id}/refuse', { ...ofProposal(id, key), body }))
}
const ofProposal = (id: string, key: string) => ({
  params: { path: { id }, header: { 'Idempotency-Key': key } },
})

export function why(facts: Schema['Facts']): Promise<Schema['Why']> {
  return ask(api.POST('/api/v1/sla/why', { body: facts }))
}
export function simulate(body: Simulate): Promise<Schema['Simulated']> {
  return ask(api.POST('/api/v1/sla/simulate', { body }))
}
export function changes(): Promise<Schema['ChangeRow'][]> {
  return ask(api.GET('/api/v1/sla/changes'))
}
