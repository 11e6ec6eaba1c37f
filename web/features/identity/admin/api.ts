import { api, ask, type Schema } from '@/shared/api/client'

/** Signing in, as who administers it sees and changes it. Every call throws Problem. */
export type Policy = Schema['SignInPolicy']
export type Rules = Schema['SignInRules']
export type Service = Schema['ProviderView']
export type NewService = Schema['NewProvider']
export type Checked = Schema['Checked']
export type Colleague = Schema['PersonSignIn']
export type Given = Schema['Given']

export const SIGN_IN_KEY = 'sign-in'
const of = (id: string) => ({ params: { path: { id } } })
const named = (code: string) => ({ params: { path: { code } } })

export function readPolicy(): Promise<Policy> {
  return ask(api.GET('/api/v1/sign-in/policy'))
}
export function putPolicy(roles: readonly string[]): Promise<Policy> {
  return ask(api.PUT('/api/v1/sign-in/policy', { body: { enrol_roles: [...roles] } }))
}
export function readRules(): Promise<Rules> {
  return ask(api.GET('/api/v1/sign-in/rules'))
}
export function readServices(): Promise<Service[]> {
  return ask(api.GET('/api/v1/sign-in/services'))
}
export function putService(body: NewService): Promise<Service> {
  return ask(api.PUT('/api/v1/sign-in/services', { body }))
}
/** True once it is gone. */
export async function dropService(code: string): Promise<boolean> {
  await ask(api.DELETE('/api/v1/sign-in/services/{code}', named(code)))
  return true
}
export function checkService(code: string): Promise<Checked> {
  return ask(api.POST('/api/v1/sign-in/services/{code}/check', named(code)))
}
export function readColleagues(): Promise<Colleague[]> {
  return ask(api.GET('/api/v1/sign-in/people'))
}
export function givePassword(id: string): Promise<Given> {
  return ask(api.POST('/api/v1/staff/{id}/password-given', of(id)))
}
/** True once they are gone. */
export async function resetFactors(id: string): Promise<boolean> {
  await ask(api.POST('/api/v1/staff/{id}/factors-reset', of(id)))
  return true
}
/** True once their tries count no more. */
export async function forgive(id: string): Promise<boolean> {
  await ask(api.POST('/api/v1/staff/{id}/sign-in-forgiven', of(id)))
  return true
}
