/** What went wrong with one member of what was sent. `pointer` is a JSON pointer into the body. */
export interface FieldProblem {
  pointer: string
  code: string
  detail: string
}

/** A refusal by the desk (RFC 9457), or a failure to reach it (status 0). Texts are in the reader's language. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly fields: readonly FieldProblem[]
  readonly requestId: string
  /** Members beside the standard ones, e.g. what changed since (StaleWrite). */
  readonly extra: Readonly<Record<string, unknown>>
  /** Seconds to wait before another try, where the desk said so. */
  readonly retryAfter: number | null

  constructor(status: number, body: unknown, retryAfter: number | null = null) {
    const said = isRecord(body) ? body : {}
    const detail = text(said['detail'])
    super(detail || `HTTP ${status}`)
    this.name = 'Problem'
    this.status = status
    this.code = text(said['title']) || (status === 0 ? 'Unreachable' : 'Broken')
    this.detail = detail
    this.requestId = text(said['request_id'])
    this.fields = Array.isArray(said['errors']) ? said['errors'].filter(isFieldProblem) : []
    this.extra = said
    this.retryAfter = retryAfter
  }

  /** Nothing was reached: the words are still here, another try is safe with the same key. */
  get unreachable(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isFieldProblem(value: unknown): value is FieldProblem {
  return isRecord(value) && typeof value['pointer'] === 'string' && typeof value['detail'] === 'string'
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
