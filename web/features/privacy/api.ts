import { api, ask, type Schema } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'

/** Erasing people, released numbers and the rules of looking. Every call throws Problem. */
export type Erasure = Schema['Erasure']
export type ErasureState = Schema['ErasureState']
export type Ground = Schema['Erase']['ground']
export type Customer = Schema['Customer']
export type Hit = Schema['HitView']
export type LookPolicy = Schema['LookPolicy']
export type LookPolicyView = Schema['LookPolicyView']
export type LookAlarm = Schema['LookAlarm']

export const PRIVACY_KEY = 'privacy'
export const ERASURES_KEY = [PRIVACY_KEY, 'erasures']
export const HITS_KEY = [PRIVACY_KEY, 'hits']
export const LOOKS_KEY = [PRIVACY_KEY, 'looks']
export const GROUNDS: readonly Ground[] = [
  'consent_withdrawn',
  'purpose_over',
  'retention_over',
  'unlawful',
  'required_by_law',
]

const of = (id: string) => ({ params: { path: { id } } })

export function readErasures(): Promise<Erasure[]> {
  return ask(api.GET('/api/v1/erasures'))
}
/** How it stands with a subject: a customer, or a ticket whose customer is not known. */
export function readErasure(id: string): Promise<ErasureState> {
  return ask(api.GET('/api/v1/customers/{id}/erasure', of(id)))
}
/** The customer, masked; null where the subject is a ticket. */
export async function readCustomer(id: string): Promise<Customer | null> {
  try {
    return await ask(api.GET('/api/v1/customers/{id}', of(id)))
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null
    throw error
  }
}
export function askErasure(id: string, ground: Ground, key: string): Promise<Erasure> {
  const header = { 'Idempotency-Key': key }
  return ask(api.POST('/api/v1/customers/{id}/erase', { params: { path: { id }, header }, body: { ground } }))
}
export function approveErasure(id: string): Promise<Erasure> {
  return ask(api.POST('/api/v1/erasures/{id}/approve', of(id)))
}
export function refuseErasure(id: string): Promise<Erasure> {
  return ask(api.POST('/api/v1/erasures/{id}/refuse', of(id)))
}

export function readHits(): Promise<Hit[]> {
  return ask(api.GET('/api/v1/hits'))
}
export function releaseHit(ticketId: string, valueId: string, reason: string): Promise<Hit> {
  return ask(
    api.POST('/api/v1/tickets/{id}/hits/{value}/release', {
      params: { path: { id: ticketId, value: valueId } },
      body: { reason },
    }),
  )
}
export function withdrawHit(id: string): Promise<Hit> {
  return ask(api.POST('/api/v1/hits/{id}/withdraw', of(id)))
}

export function readLookPolicy(): Promise<LookPolicyView> {
  return ask(api.GET('/api/v1/looks/policy'))
}
export function putLookPolicy(version: number, policy: LookPolicy): Promise<LookPolicyView> {
  return ask(api.PUT('/api/v1/looks/policy', { body: { version, policy } }))
}
export function readAlarms(): Promise<LookAlarm[]> {
  return ask(api.GET('/api/v1/looks/alarms'))
}
