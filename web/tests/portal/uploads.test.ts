import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { forget, onUploaded, retry, sendFile, sending, stop } from '@/features/portal/uploads'
import { Problem } from '@/shared/api/problem'

interface Call {
  path: string
  key: string
  progress: (share: number) => void
  resolve: () => void
  reject: (why: unknown) => void
}
const calls: Call[] = []
vi.mock('@/shared/api/upload', () => ({
  upload(path: string, _file: File, key: string, progress: (share: number) => void) {
    const call: Call = { path, key, progress, resolve: () => undefined, reject: () => undefined }
    const done = new Promise<void>((resolve, reject) => Object.assign(call, { resolve, reject }))
    calls.push(call)
    return { done, stop: () => call.reject(new DOMException('stopped', 'AbortError')) }
  },
}))
const file = (name: string): File => new File(['x'], name)

describe('files on their way', () => {
  beforeEach(() => {
    calls.splice(0)
    sending.splice(0)
  })

  it('go one after the other, tell how far they are, and when they arrived', async () => {
    const arrived: string[] = []
    const off = onUploaded((ticket) => arrived.push(ticket))
    sendFile('t1', file('a'), 'slip')
    sendFile('t1', file('b'), null)
    expect(sending.map((one) => one.state)).toEqual(['sending', 'waiting'])
    expect(calls.map((one) => one.path)).toEqual(['/api/v1/portal/tickets/t1/attach?evidence=slip'])
    calls[0]?.progress(0.5)
    expect(sending[0]?.share).toBe(0.5)
    calls[0]?.resolve()
    await flushPromises()
    expect(sending.map((one) => one.state)).toEqual(['done', 'sending'])
    expect(arrived).toEqual(['t1'])
    calls[1]?.resolve()
    await flushPromises()
    off()
  })

  it('say what went wrong, hold up no other, and go again with the same key', async () => {
    sendFile('t1', file('a'), null)
    sendFile('t1', file('b'), null)
    calls[0]?.reject(new Problem(413, { title: 'FileTooLarge', detail: 'a 超过上限' }))
    await flushPromises()
    expect(sending.map((one) => one.state)).toEqual(['failed', 'sending'])
    expect(sending[0]?.problem?.detail).toBe('a 超过上限')
    calls[1]?.resolve()
    await flushPromises()
    retry(sending[0]?.id ?? '')
    expect(calls[2]?.key).toBe(calls[0]?.key)
    calls[2]?.resolve()
    await flushPromises()
    expect(sending.map((one) => one.state)).toEqual(['done', 'done'])
  })

  it('stop when asked, waiting or under way, and are forgotten when asked', async () => {
    sendFile('t1', file('a'), null)
    sendFile('t1', file('b'), null)
    stop(sending[1]?.id ?? '')
    stop(sending[0]?.id ?? '')
    await flushPromises()
    expect(sending.map((one) => one.state)).toEqual(['stopped', 'stopped'])
    expect(calls.length).toBe(1)
    forget(sending[0]?.id ?? '')
    expect(sending.map((one) => one.file.name)).toEqual(['b'])
  })
})
