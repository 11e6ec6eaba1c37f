import { api, ask, type Schema } from '@/shared/api/client'
import type { Ticket } from './entry'

/** What each verb of a ticket takes, as the desk declares it. */
export interface Commands {
  receive: Schema['Receive']
  reply: Schema['Reply']
  note: Schema['Note']
  claim: Schema['Claim']
  assign: Schema['Assign']
  transfer: Schema['Transfer']
  reclassify: Schema['Reclassify']
  priority: Schema['SetPriority']
  fields: Schema['SetFields']
  check: Schema['Check']
  tag: Schema['Tagging']
  process: Schema['Process']
  wait: Schema['Wait']
  resume: Schema['Resume']
  resolve: Schema['Resolve']
  call_back: Schema['CallBack']
  archive: Schema['Archive']
  reopen: Schema['Reopen']
  withdraw: Schema['Withdraw']
  reject: Schema['Reject']
  merge: Schema['Merge']
  link: Schema['Link']
  nudge: Schema['NudgeTicket']
  'new-facts': Schema['NewFacts']
}
export type VerbName = keyof Commands
export type Command<V extends VerbName> = Commands[V]

interface At {
  id: string
  key: string
}
const path = ({ id }: At): { params: { path: { id: string } } } => ({ params: { path: { id } } })
const once = ({
  id,
  key,
}: At): { params: { path: { id: string }; header: { 'Idempotency-Key': string } } } => ({
  params: { path: { id }, header: { 'Idempotency-Key': key } },
})
type Answered = Promise<{ data?: Ticket; error?: unknown; response: Response }>
type Send<V extends VerbName> = (at: At, body: Commands[V]) => Answered

const SEND: { readonly [V in VerbName]: Send<V> } = {
  receive: (at, body) => api.POST('/api/v1/tickets/{id}/receive', { ...once(at), body }),
  reply: (at, body) => api.POST('/api/v1/tickets/{id}/reply', { ...once(at), body }),
  note: (at, body) => api.POST('/api/v1/tickets/{id}/note', { ...once(at), body }),
  claim: (at, body) => api.POST('/api/v1/tickets/{id}/claim', { ...path(at), body }),
  assign: (at, body) => api.POST('/api/v1/tickets/{id}/assign', { ...path(at), body }),
  transfer: (at, body) => api.POST('/api/v1/tickets/{id}/transfer', { ...path(at), body }),
  reclassify: (at, body) => api.POST('/api/v1/tickets/{id}/reclassify', { ...path(at), body }),
  priority: (at, body) => api.POST('/api/v1/tickets/{id}/priority', { ...path(at), body }),
  fields: (at, body) => api.POST('/api/v1/tickets/{id}/fields', { ...path(at), body }),
  check: (at, body) => api.POST('/api/v1/tickets/{id}/check', { ...path(at), body }),
  tag: (at, body) => api.POST('/api/v1/tickets/{id}/tag', { ...path(at), body }),
  process: (at, body) => api.POST('/api/v1/tickets/{id}/process', { ...path(at), body }),
  wait: (at, body) => api.POST('/api/v1/tickets/{id}/wait', { ...path(at), body }),
  resume: (at, body) => api.POST('/api/v1/tickets/{id}/resume', { ...path(at), body }),
  resolve: (at, body) => api.POST('/api/v1/tickets/{id}/resolve', { ...path(at), body }),
  call_back: (at, body) => api.POST('/api/v1/tickets/{id}/call_back', { ...path(at), body }),
  archive: (at, body) => api.POST('/api/v1/tickets/{id}/archive', { ...path(at), body }),
  reopen: (at, body) => api.POST('/api/v1/tickets/{id}/reopen', { ...path(at), body }),
  withdraw: (at, body) => api.POST('/api/v1/tickets/{id}/withdraw', { ...path(at), body }),
  reject: (at, body) => api.POST('/api/v1/tickets/{id}/reject', { ...path(at), body }),
  merge: (at, body) => api.POST('/api/v1/tickets/{id}/merge', { ...path(at), body }),
  link: (at, body) => api.POST('/api/v1/tickets/{id}/link', { ...path(at), body }),
  nudge: (at, body) => api.POST('/api/v1/tickets/{id}/nudge', { ...once(at), body }),
  'new-facts': (at, body) => api.POST('/api/v1/tickets/{id}/new-facts', { ...once(at), body }),
}

/** Do a verb. The same key for each retry of one intention does it once. Throws Problem. */
export function command<V extends VerbName>(
  verb: V,
  id: string,
  body: Commands[V],
  key: string,
): Promise<Ticket> {
  return ask(SEND[verb]({ id, key }, body))
}
