import { api, ask, type Schema } from '@/shared/api/client'

/** A ticket's time at the desk. Every call throws Problem. */

export type TicketClocks = Schema['TicketClocks']
export type ClockDetail = Schema['ClockDetail']
export type StageView = Schema['StageView']
export type ClockLedger = Schema['ClockLedger']
export type Task = Schema['TaskView']

const of = (id: string) => ({ params: { path: { id } } })

export function readClocks(id: string): Promise<TicketClocks> {
  return ask(api.GET('/api/v1/tickets/{id}/clocks', of(id)))
}
/** The ledger of one run of a clock. */
export function readLedger(id: string, kind: string, run: number): Promise<ClockLedger> {
  const params = { path: { id, kind }, query: { run } }
  return ask(api.GET('/api/v1/tickets/{id}/clocks/{kind}/ledger', { params }))
}
export function readTasks(id: string): Promise<Task[]> {
  return ask(api.GET('/api/v1/tickets/{id}/tasks', of(id)))
}

/** A part of a ticket (a task, a clock, a request) that is written to, and the key of the intention. */
export interface Part {
  id: string
  part: string
  key: string
}
export function finishTask({ id, part, key }: Part, note: string | null): Promise<Task[]> {
  const params = { path: { id, task: part }, header: { 'Idempotency-Key': key } }
  return ask(api.POST('/api/v1/tickets/{id}/tasks/{task}/done', { params, body: { note } }))
}
export function askExtension({ id, part, key }: Part, body: Schema['AskExtension']): Promise<TicketClocks> {
  const params = { path: { id, kind: part }, header: { 'Idempotency-Key': key } }
  return ask(api.POST('/api/v1/tickets/{id}/clocks/{kind}/extensions', { params, body }))
}
export function grantExtension({ id, part, key }: Part, version: number): Promise<TicketClocks> {
  const params = { path: { id, extension: part }, header: { 'Idempotency-Key': key } }
  const body = { version }
  return ask(api.POST('/api/v1/tickets/{id}/extensions/{extension}/grant', { params, body }))
}
export function refuseExtension({ id, part }: Part, reason: string): Promise<TicketClocks> {
  const params = { path: { id, extension: part } }
  const body = { reason }
  return ask(api.POST('/api/v1/tickets/{id}/extensions/{extension}/refuse', { params, body }))
}
