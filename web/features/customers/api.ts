import { api, ask, type Schema } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'

/** One person known as several customers, and what a person asks to be told of themselves. Every call throws Problem. */
export type Duplicate = Schema['Duplicate']
export type Merge = Schema['PersonMerge']
export type Merged = Schema['Merged']
export type AccessRequest = Schema['AccessRequest']
export type Refusal = Schema['RefuseAccess']['reason']

export const CUSTOMERS_KEY = 'customers'
export const ACCESS_KEY = [CUSTOMERS_KEY, 'access']
export const REFUSALS: readonly Refusal[] = [
  'not_identified',
  'others_rights',
  'kept_secret_by_law',
  'given_lately',
  'not_ours',
]
const NAME = /filename="([^"]+)"/

const of = (id: string) => ({ params: { path: { id } } })

export function readMerges(id: string): Promise<Merge[]> {
  return ask(api.GET('/api/v1/customers/{id}/merges', of(id)))
}
export function readDuplicates(id: string): Promise<Duplicate[]> {
  return ask(api.GET('/api/v1/customers/{id}/duplicates', of(id)))
}
/** `id` is the same person as `into`, under whom both are shown. */
export function mergeCustomer(id: string, into: string, reason: string): Promise<Merged> {
  return ask(api.POST('/api/v1/customers/{id}/merge', { ...of(id), body: { into, reason } }))
}
export function unmergeCustomer(id: string): Promise<Schema['Customer']> {
  return ask(api.POST('/api/v1/customers/{id}/unmerge', of(id)))
}

export function readAccess(): Promise<AccessRequest[]> {
  return ask(api.GET('/api/v1/access-requests'))
}
export function readAccessOf(id: string): Promise<AccessRequest[]> {
  return ask(api.GET('/api/v1/customers/{id}/access-requests', of(id)))
}
export function askAccess(id: string, key: string): Promise<AccessRequest> {
  const header = { 'Idempotency-Key': key }
  return ask(api.POST('/api/v1/customers/{id}/access-requests', { params: { path: { id }, header } }))
}
export function releaseAccess(id: string): Promise<AccessRequest> {
  return ask(api.POST('/api/v1/access-requests/{id}/release', of(id)))
}
export function refuseAccess(id: string, reason: Refusal): Promise<AccessRequest> {
  return ask(api.POST('/api/v1/access-requests/{id}/refuse', { ...of(id), body: { reason } }))
}
/** The file itself: a colleague gets it once. */
export async function fetchAccess(id: string): Promise<{ name: string; content: Blob }> {
  const sent = api.POST('/api/v1/access-requests/{id}/fetch', { ...of(id), parseAs: 'blob' })
  const content = await ask(sent)
  const { headers } = (await sent).response
  const name = NAME.exec(headers.get('content-disposition') ?? '')?.[1] ?? 'person.zip'
  if (!(content instanceof Blob)) throw new Problem(0, null)
  return { name, content }
}
