import { api, ask, type Schema } from '@/shared/api/client'

/** How long records are kept, what is over its time, and what must not be deleted. Every call throws Problem. */
export type Rule = Schema['RuleView']
export type RuleVersion = Schema['RuleVersion']
export type Plan = Schema['PlanView']
export type DueClass = Schema['DueClass']
export type PlanMonth = Schema['PlanMonth']
export type Run = Schema['RunView']
export type Hold = Schema['HoldView']
export type Held = Schema['Held']
export type SetRule = Schema['SetRule']
export type PlaceHold = Schema['PlaceHold']
export type HoldGround = PlaceHold['ground']

export const RETENTION_KEY = 'retention'
export const HOLDS_KEY = 'holds'
export const GROUNDS: readonly HoldGround[] = ['lawsuit', 'regulator', 'police', 'audit', 'other']

const of = (id: string) => ({ params: { path: { id } } })
const ofClass = (code: string) => ({ params: { path: { class: code } } })

export function readRules(): Promise<Rule[]> {
  return ask(api.GET('/api/v1/retention/rules'))
}
export function putRule(code: string, body: SetRule): Promise<Rule> {
  return ask(api.PUT('/api/v1/retention/rules/{class}', { ...ofClass(code), body }))
}
export function approveRule(code: string): Promise<Rule> {
  return ask(api.POST('/api/v1/retention/rules/{class}/approve', ofClass(code)))
}
export function refuseRule(code: string): Promise<Rule> {
  return ask(api.POST('/api/v1/retention/rules/{class}/refuse', ofClass(code)))
}
export function readPlan(): Promise<Plan> {
  return ask(api.GET('/api/v1/retention/plan'))
}
export function readRuns(): Promise<Run[]> {
  return ask(api.GET('/api/v1/retention/runs'))
}
export function proposeRun(key: string): Promise<Run> {
  return ask(api.POST('/api/v1/retention/runs', { params: { header: { 'Idempotency-Key': key } } }))
}
export function approveRun(id: string): Promise<Run> {
  return ask(api.POST('/api/v1/retention/runs/{id}/approve', of(id)))
}
export function refuseRun(id: string, note: string): Promise<Run> {
  return ask(api.POST('/api/v1/retention/runs/{id}/refuse', { ...of(id), body: { note } }))
}

export function readHolds(which: 'standing' | 'all'): Promise<Hold[]> {
  return ask(api.GET('/api/v1/holds', { params: { query: { which } } }))
}
/** Of a person or of a ticket. */
export function placeHold(
  what: 'customers' | 'tickets',
  id: string,
  body: PlaceHold,
  key: string,
): Promise<Hold> {
  const given = { params: { path: { id }, header: { 'Idempotency-Key': key } }, body }
  return what === 'customers'
    ? ask(api.POST('/api/v1/customers/{id}/holds', given))
    : ask(api.POST('/api/v1/tickets/{id}/holds', given))
}
export function askLift(id: string): Promise<Hold> {
  return ask(api.POST('/api/v1/holds/{id}/lift', of(id)))
}
export function approveLift(id: string): Promise<Hold> {
  return ask(api.POST('/api/v1/holds/{id}/lift/approve', of(id)))
}
export function refuseLift(id: string): Promise<Hold> {
  return ask(api.POST('/api/v1/holds/{id}/lift/refuse', of(id)))
}
