import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api, ask } from '@/shared/api/client'
import { confirmed, isConfirming, startConfirming } from '@/features/identity/confirming'

const REFUSED = { status: 403, body: { title: 'ConfirmAgain', detail: '请再次验证' } }
let answer: { status: number; body: unknown }
let asked: string[]

beforeEach(() => {
  answer = REFUSED
  asked = []
  startConfirming()
  vi.stubGlobal('fetch', async (request: Request) => {
    asked.push(`${request.method} ${await request.text()}`)
    const headers = { 'content-type': 'application/json' }
    return new Response(JSON.stringify(answer.body), { status: answer.status, headers })
  })
})
afterEach(() => vi.unstubAllGlobals())

const make = (): Promise<unknown> =>
  ask(api.PUT('/api/v1/session/passkeys/{id}', { params: { path: { id: 'a' } }, body: { name: 'x' } }))

describe('confirming again', () => {
  it('asks once for all that wait, and sends again what was refused, as it was', async () => {
    const both = [make(), make()]
    await vi.waitFor(() => expect(asked.length).toBe(2))
    await vi.waitFor(() => expect(isConfirming.value).toBe(true))
    answer = { status: 200, body: [] }
    await new Promise((done) => queueMicrotask(() => done(null)))
    confirmed(true)
    expect(await Promise.all(both)).toEqual([[], []])
    expect([isConfirming.value, new Set(asked)]).toEqual([false, new Set(['PUT {"name":"x"}'])])
  })
  it('left, it stays refused', async () => {
    const refused = make().catch((error: unknown) => error)
    await vi.waitFor(() => expect(isConfirming.value).toBe(true))
    confirmed(false)
    expect(await refused).toMatchObject({ code: 'ConfirmAgain', detail: '请再次验证' })
    expect(asked.length).toBe(1)
  })
})
