import createClient, { type Client } from 'openapi-fetch'
import { isRecord, Problem } from './problem'
import type { components, paths } from './schema'

export type Schema = components['schemas']

const TOKEN = 'X-CSRF-Token'
let csrf = ''
let language = 'zh'
let signedOut: () => void = () => undefined
let whoAsks: () => Promise<boolean> = () => Promise.resolve(false)
let asking: Promise<boolean> | null = null
let confirmAgain: () => Promise<boolean> = () => Promise.resolve(false)

/** Every later write carries this token; the session's answer brings it. */
export function useCsrf(token: string): void {
  csrf = token
}

/** Every later answer comes in this language. */
export function speak(code: string): void {
  language = code
}

/** Called when the desk no longer knows who asks. */
export function onSignedOut(call: () => void): void {
  signedOut = call
}

/** How the app reads its session again when the desk refuses its token: take the new one up; whether it is the same person. */
export function renewBy(call: () => Promise<boolean>): void {
  whoAsks = call
}

/** How the app asks its person to prove again who they are: whether they did. What was refused for it is then sent again. */
export function confirmBy(call: () => Promise<boolean>): void {
  confirmAgain = call
}

/**
 * A write was refused; `sent` is the token it carried. True where it may be sent again: its token was an older one of the
 * same person, for another tab signed in again. Who is somebody else now, or nobody, is signed out here (`refused`).
 */
export async function renewed(status: number, body: unknown, sent: string | null): Promise<boolean> {
  if (status !== 403 || !isForeign(body)) return false
  if (csrf && csrf !== (sent ?? '')) return true
  asking ??= whoAsks().finally(() => (asking = null))
  return asking.catch((error: unknown) => {
    if (error instanceof Problem && error.status === 401) return false
    throw error
  })
}

/** Headers that every request of ours carries, also those not made by `api` (uploads). */
export function headers(method: string): Record<string, string> {
  return { 'Accept-Language': language, ...(method === 'GET' || !csrf ? {} : { [TOKEN]: csrf }) }
}

/** The desk's operations, typed from its own document. */
export const api: Client<paths> = createClient<paths>({
  baseUrl: '/',
  credentials: 'same-origin',
  fetch: carried,
})
api.use({
  onRequest({ request }) {
    for (const [name, value] of Object.entries(headers(request.method))) request.headers.set(name, value)
    return request
  },
})

/**
 * Carry a request to the desk; once more, as it was, where its token had been renewed by another tab, or where its sender
 * first had to prove again who they are.
 */
async function carried(request: Request): Promise<Response> {
  const token = request.headers.get(TOKEN)
  const again = request.clone()
  const answer = await fetch(request)
  if (answer.status !== 403) return answer
  const body: unknown = await answer
    .clone()
    .json()
    .catch(() => null)
  if (isRecord(body) && body['title'] === 'ConfirmAgain')
    return (await confirmAgain()) ? fetch(again) : answer
  if (!token || !(await renewed(answer.status, body, token))) return answer
  again.headers.set(TOKEN, csrf)
  return fetch(again)
}

interface Answered<T> {
  data?: T
  error?: unknown
  response: Response
}

/** The body of a success. Throws Problem for every refusal, and for a desk that cannot be reached. */
export async function ask<T>(pending: Promise<Answered<T>>): Promise<T> {
  let answered: Answered<T>
  try {
    answered = await pending
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Problem(0, null)
  }
  if (!answered.response.ok) throw refused(answered.response, answered.error)
  return answered.data as T
}

/** The Problem of a refusal; tells the app where its session is over. */
export function refused(response: Pick<Response, 'status' | 'headers'>, body: unknown): Problem {
  const after = Number(response.headers.get('retry-after') ?? '')
  const problem = isForeign(body)
    ? new Problem(401, { title: 'NotSignedIn' })
    : new Problem(response.status, body, after > 0 ? after : null)
  if (problem.status === 401 && problem.code === 'NotSignedIn') signedOut()
  return problem
}

/** Whether a token was refused as none of the session's. */
function isForeign(body: unknown): boolean {
  return isRecord(body) && body['title'] === 'CsrfMissing'
}

/** A key for one intention to write: the same for each retry of it, so that it is done once. */
export function newKey(): string {
  return crypto.randomUUID()
}
