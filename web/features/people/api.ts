import { api, ask, type Schema } from '@/shared/api/client'

/** People at the desk. Every call throws Problem. */
export type Role = Schema['Role']
export type RoleGroup = Schema['RoleGroup']
export type Deputy = Schema['Deputy']
export type Rights = Schema['Rights']

/** Keys below the one of people, so that the desk's `people` event makes them stale too. */
export const ROLES_KEY = ['people', 'roles']
export const GROUPS_KEY = ['people', 'incompatible']
export const DEPUTIES_KEY = ['people', 'deputies']

const of = (id: string) => ({ params: { path: { id } } })

export function readRoles(): Promise<Role[]> {
  return ask(api.GET('/api/v1/roles'))
}
export function readGroups(): Promise<RoleGroup[]> {
  return ask(api.GET('/api/v1/roles/incompatible'))
}
export function readDeputies(): Promise<Deputy[]> {
  return ask(api.GET('/api/v1/deputies'))
}
/** True once it holds. */
export async function putRights(id: string, body: Rights): Promise<boolean> {
  await ask(api.PUT('/api/v1/staff/{id}/rights', { ...of(id), body }))
  return true
}
export function putSees(code: string, teams: readonly string[]): Promise<Schema['Team'][]> {
  return ask(
    api.PUT('/api/v1/teams/{code}/sees', { params: { path: { code } }, body: { teams: [...teams] } }),
  )
}
export function nameDeputy(body: Schema['NewDeputy']): Promise<Schema['Made']> {
  return ask(api.POST('/api/v1/deputies', { body }))
}
/** True once it is over. */
export async function endDeputy(id: string): Promise<boolean> {
  await ask(api.DELETE('/api/v1/deputies/{id}', of(id)))
  return true
}
