import { api, ask, type Schema } from '@/shared/api/client'
import { makePasskey, usePasskey } from '../passkey'
import { makeGone } from '../service'

/** One's own security, as the desk keeps it. */
export type Security = Schema['Security']
export type Passkey = Schema['Passkey']
export type Session = Schema['Session']
export const SECURITY_KEY = 'security'

export const readSecurity = (): Promise<Security> => ask(api.GET('/api/v1/session/security'))
export const readSessions = (): Promise<Session[]> => ask(api.GET('/api/v1/sessions'))

export async function changePassword(old: string, password: string): Promise<void> {
  await ask(api.PUT('/api/v1/session/password', { body: { old, password } }))
}

export const beginAuthenticator = (): Promise<Schema['Enrolment']> =>
  ask(api.POST('/api/v1/session/authenticator'))

/** Its first code. Recovery codes, where there were none. */
export async function proveAuthenticator(id: string, code: string): Promise<string[]> {
  return (await ask(api.POST('/api/v1/session/authenticator/confirm', { body: { id, code } }))).codes
}

export async function removeAuthenticator(): Promise<void> {
  await ask(api.DELETE('/api/v1/session/authenticator'))
}

export async function newRecoveryCodes(): Promise<string[]> {
  return (await ask(api.POST('/api/v1/session/recovery-codes'))).codes
}

/** Have this device, or another, make a passkey. Recovery codes, where there were none. Throws NoPasskey. */
export async function addPasskey(name: string): Promise<string[]> {
  const asked = await ask(api.POST('/api/v1/session/passkeys/asked'))
  const body = { key: asked.key, credential: await makePasskey(asked.options), name }
  return (await ask(api.POST('/api/v1/session/passkeys', { body }))).codes
}

export async function removePasskey(id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/session/passkeys/{id}', { params: { path: { id } } }))
}

export async function endSession(id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/sessions/{id}', { params: { path: { id } } }))
}

export async function endOthers(): Promise<void> {
  await ask(api.DELETE('/api/v1/sessions'))
}

export async function leaveService(code: string): Promise<void> {
  await ask(api.DELETE('/api/v1/session/services/{code}', { params: { path: { code } } }))
}

/** Go to a service, to join it or to prove oneself there. The page is left. */
export async function goToService(provider: string, use: 'bind' | 'confirm'): Promise<void> {
  const { url } = await ask(api.POST('/api/v1/session/services', { body: { provider, use } }))
  makeGone(use, url)
}

export async function confirmByWords(given: { password: string } | { code: string }): Promise<void> {
  await ask(api.POST('/api/v1/session/confirm', { body: given }))
}

/** Throws NoPasskey. */
export async function confirmByPasskey(): Promise<void> {
  const asked = await ask(api.POST('/api/v1/session/confirm/passkey-asked'))
  const body = { key: asked.key, credential: await usePasskey(asked.options) }
  await ask(api.POST('/api/v1/session/confirm/passkey', { body }))
}
