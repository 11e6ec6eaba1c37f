import { effectScope, type EffectScope } from 'vue'
import type { Schema } from '@/shared/api/client'

type Answer = { status?: number; body?: unknown; headers?: Record<string, string> }
type Answers = (request: Request) => Answer | 'unreachable' | Promise<Answer>

let current: (request: Request) => Promise<Response> = () => Promise.reject(new TypeError('no desk'))
// The client keeps the fetch it finds when it is loaded: this file is imported before it.
globalThis.fetch = (input) => current(input instanceof Request ? input : new Request(input))

/** A desk that answers as told; `asked` are the requests it got. */
export function desk(answers: Answers): { asked: Request[] } {
  const asked: Request[] = []
  current = async (input) => {
    const request = input.clone()
    asked.push(request)
    const answer = await answers(input)
    if (answer === 'unreachable') throw new TypeError('no network')
    const { status = 200, body = null, headers = {} } = answer
    return new Response(JSON.stringify(body), {
      status,
      headers: { 'content-type': 'application/json', ...headers },
    })
  }
  return { asked }
}

/** A stream that the test speaks on. */
export class FakeStream extends EventTarget {
  static last: FakeStream | null = null
  constructor(readonly url: string) {
    super()
    FakeStream.last = this
  }
  close(): void {
    FakeStream.last = null
  }
  tell(kind: string, data: unknown): void {
    this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data) }))
  }
}

/** Run what a component's setup would, and end it as one would. */
export function within<T>(setup: () => T): { made: T; end: () => void; scope: EffectScope } {
  const scope = effectScope()
  const made = scope.run(setup)
  if (made === undefined) throw new Error('nothing was made')
  return { made, scope, end: () => scope.stop() }
}

export const SESSION: Schema['PortalSession'] = {
  customer: 'c0ffee00-0000-7000-8000-000000000001',
  csrf_token: 'csrf',
  expires_at: '2026-11-22T10:00:00+08:00',
  language: 'zh',
  contacts: [{ kind: 'mobile', mask: '138****8000' }],
  basics: { device_model: '示例手机 9', account_id: '62****05' },
  ticket: null,
  desk: '示例卡中心',
}

export function ticket(said: Partial<Schema['PortalTicket']> = {}): Schema['PortalTicket'] {
  return {
    id: '0192f0c0-0000-7000-8000-000000000001',
    number: '8516725480',
    version: 1,
    case_type: 'general',
    case_title: '通用工单',
    title: '希望账单能按商户筛选',
    stage: 'intake',
    state_text: '已收到',
    explanation: '我们已收到您的问题。',
    steps: [],
    open: true,
    opened_at: '2026-11-21T10:00:00+08:00',
    changed_at: '2026-11-21T10:00:00+08:00',
    promised_at: null,
    elements: {},
    fields: {},
    labels: [],
    missing: [],
    messages: [],
    earlier: 0,
    attachments: [],
    outcome: null,
    outcome_text: null,
    resolution: null,
    rating: null,
    can: ['message', 'attach'],
    notices: [],
    ...said,
  }
}

export function problem(status: number, title: string, more: Record<string, unknown> = {}): Answer {
  return { status, body: { title, detail: `${title}.`, status, ...more } }
}
