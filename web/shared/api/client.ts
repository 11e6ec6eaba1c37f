import createClient, { type Client } from 'openapi-fetch'
import { Problem } from './problem'
import type { components, paths } from './schema'

export type Schema = components['schemas']

let csrf = ''
let language = 'zh'
let signedOut: () => void = () => undefined

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

/** Headers that every request of ours carries, also those not made by `api` (uploads). */
export function headers(method: string): Record<string, string> {
  return { 'Accept-Language': language, ...(method === 'GET' || !csrf ? {} : { 'X-CSRF-Token': csrf }) }
}

/** The desk's operations, typed from its own document. */
export const api: Client<paths> = createClient<paths>({ baseUrl: '/', credentials: 'same-origin' })
api.use({
  onRequest({ request }) {
    for (const [name, value] of Object.entries(headers(request.method))) request.headers.set(name, value)
    return request
  },
})

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
  const problem = new Problem(response.status, body, after > 0 ? after : null)
  if (problem.status === 401 && problem.code === 'NotSignedIn') signedOut()
  return problem
}

/** A key for one intention to write: the same for each retry of it, so that it is done once. */
export function newKey(): string {
  return crypto.randomUUID()
}
