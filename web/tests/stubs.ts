import { vi } from 'vitest'
import { api } from '@/shared/api/client'

/** A desk that answers by path; every request is kept. */
export interface StubDesk {
  asked: { method: string; path: string; query: URLSearchParams; body: unknown; headers: Headers }[]
  answers: Map<string, () => Answer | Promise<Answer>>
}
interface Answer {
  status?: number
  body?: unknown
  headers?: Record<string, string>
}

let current: StubDesk | null = null

api.use({
  async onRequest({ request }) {
    if (!current) return undefined
    const url = new URL(request.url)
    const text = await request.text()
    current.asked.push({
      method: request.method,
      path: url.pathname,
      query: url.searchParams,
      body: text ? JSON.parse(text) : null,
      headers: request.headers,
    })
    const answer = current.answers.get(`${request.method} ${url.pathname}`)
    const { status = 200, body = null, headers = {} } = answer ? await answer() : { status: 404 }
    return new Response(status === 204 ? null : JSON.stringify(body), {
      status,
      headers: { 'content-type': 'application/json', ...headers },
    })
  },
})

/** Stand in for the desk behind `api`. Answers by `METHOD /path` (the rest is 404). */
export function stubDesk(): StubDesk {
  current = { asked: [], answers: new Map() }
  return current
}

/** The desk's stream, told by hand. */
export class StubStream {
  static all: StubStream[] = []
  private readonly calls = new Map<string, ((event: unknown) => void)[]>()

  constructor(readonly url: string) {
    StubStream.all.push(this)
  }

  addEventListener(kind: string, call: (event: unknown) => void): void {
    this.calls.set(kind, [...(this.calls.get(kind) ?? []), call])
  }

  close(): void {
    this.calls.clear()
  }

  tell(kind: string, data: unknown = null): void {
    for (const call of this.calls.get(kind) ?? []) call({ data: JSON.stringify(data) })
  }
}

/** Stand in for EventSource. */
export function stubStream(): void {
  StubStream.all = []
  vi.stubGlobal('EventSource', StubStream)
}

/** The stream of now. */
export function stream(): StubStream {
  const found = StubStream.all.at(-1)
  if (!found) throw new Error('no stream was opened')
  return found
}
