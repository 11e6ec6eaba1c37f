import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { onSignedOut, renewBy, useCsrf } from '@/shared/api/client'
import { upload } from '@/shared/api/upload'

let good = 'new'
const sent: { token: string; key: string }[] = []
class FakeRequest {
  upload = {}
  status = 0
  responseText = ''
  onload: () => void = () => undefined
  onabort: () => void = () => undefined
  private readonly told: Record<string, string> = {}
  open(): void {
    this.status = 0
  }
  setRequestHeader(name: string, value: string): void {
    this.told[name] = value
  }
  getResponseHeader(): null {
    return null
  }
  send(): void {
    const token = this.told['X-CSRF-Token'] ?? ''
    sent.push({ token, key: this.told['Idempotency-Key'] ?? '' })
    this.status = token === good ? 201 : 403
    this.responseText = JSON.stringify(token === good ? 'here' : { title: 'CsrfMissing' })
    queueMicrotask(() => this.onload())
  }
  abort(): void {
    this.onabort()
  }
}

describe('a file sent with a token of before', () => {
  const out = vi.fn()
  beforeEach(() => {
    sent.splice(0)
    out.mockClear()
    vi.stubGlobal('XMLHttpRequest', FakeRequest)
    onSignedOut(out)
    useCsrf('old')
  })
  afterEach(() => vi.unstubAllGlobals())
  const begin = () => upload('/x', new File(['x'], 'a'), 'key', () => undefined)

  it('goes once more, by the same key, for the same person', async () => {
    renewBy(() => {
      useCsrf('new')
      return Promise.resolve(true)
    })
    expect(await begin().done).toBe('here')
    expect(sent).toEqual([
      { token: 'old', key: 'key' },
      { token: 'new', key: 'key' },
    ])
    expect(out).not.toHaveBeenCalled()
  })
  it('does not go again for another person, nor twice', async () => {
    renewBy(() => Promise.resolve(false))
    await expect(begin().done).rejects.toMatchObject({ code: 'NotSignedIn' })
    expect([sent.length, out.mock.calls.length]).toEqual([1, 1])
    good = 'never'
    renewBy(() => Promise.resolve(true))
    await expect(begin().done).rejects.toMatchObject({ code: 'NotSignedIn' })
    expect(sent.length).toBe(3)
  })
  it('stays stopped', async () => {
    const going = begin()
    renewBy(() => {
      going.stop()
      return Promise.resolve(true)
    })
    await expect(going.done).rejects.toMatchObject({ name: 'AbortError' })
    expect(sent.length).toBe(1)
  })
})
