import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api } from '@/shared/api/client'
import { useExport, type Packed } from '@/features/tickets/ticket/useExport'

const HEADERS = {
  'content-type': 'application/zip',
  'content-disposition': 'attachment; filename="bihuan-1-2.zip"',
}
let answer: () => Response
let asked: Request[] = []
const stub = {
  onRequest({ request }: { request: Request }): Response {
    asked.push(request.clone())
    return answer()
  },
}

function piece(...sizes: number[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const size of sizes) controller.enqueue(new Uint8Array(size))
      controller.close()
    },
  })
}
function given(body: ReadableStream<Uint8Array>, size: number): () => Response {
  return () => new Response(body, { headers: { ...HEADERS, 'content-length': String(size) } })
}

describe('the evidence package', () => {
  let saved: Packed[] = []
  const save = vi.fn((packed: Packed) => saved.push(packed))
  beforeEach(() => {
    asked = []
    saved = []
    save.mockClear()
    api.use(stub)
  })
  afterEach(() => api.eject(stub))

  it('is asked for once, and saved under the name the desk gives it', async () => {
    answer = given(piece(3, 4), 7)
    const exporting = useExport(() => 't1', save)
    const running = exporting.start()
    expect(exporting.busy.value).toBe(true)
    expect(exporting.progress.value).not.toBe('')
    await exporting.start()
    await running
    expect(asked).toHaveLength(1)
    expect(new URL(asked[0]?.url ?? '').pathname).toBe('/api/v1/tickets/t1/evidence-package')
    expect(await asked[0]?.json()).toEqual({ language: 'both' })
    expect(saved.map((one) => [one.name, one.content.size])).toEqual([['bihuan-1-2.zip', 7]])
    expect([exporting.busy.value, exporting.progress.value, exporting.came.value]).toEqual([
      false,
      '',
      'bihuan-1-2.zip',
    ])
  })

  it('says why it was refused, and may be asked for again', async () => {
    const body = JSON.stringify({ title: 'PackageBusy', detail: '正在生成其他证据包，请稍后再试。' })
    answer = () =>
      new Response(body, { status: 429, headers: { 'content-type': 'application/problem+json' } })
    const exporting = useExport(() => 't1', save)
    await exporting.start()
    expect(exporting.refusal.value).toBe('正在生成其他证据包，请稍后再试。')
    answer = given(piece(1), 1)
    await exporting.start()
    expect(exporting.refusal.value).toBe('')
    expect(save).toHaveBeenCalledOnce()
  })

  it('saves nothing where it breaks off', async () => {
    answer = given(piece(3), 7)
    const exporting = useExport(() => 't1', save)
    await exporting.start()
    expect(save).not.toHaveBeenCalled()
    expect(exporting.refusal.value).not.toBe('')
    expect(exporting.came.value).toBe('')
  })
})
