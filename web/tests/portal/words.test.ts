import { beforeEach, describe, expect, it, vi } from 'vitest'

/** A fresh copy of the module, as after a reload. */
async function load(): Promise<typeof import('@/features/portal/words')> {
  vi.resetModules()
  return import('@/features/portal/words')
}

describe('words to the desk', () => {
  beforeEach(() => window.sessionStorage.clear())

  it('outlive the page as they are, and a reload without numbers a device should not remember', async () => {
    const before = await load()
    before.wordsOf('8516725480').body = '请打 13800138000'
    expect(before.wordsOf('8516725480').body).toBe('请打 13800138000')
    const after = await load()
    expect(after.wordsOf('8516725480').body).toBe('请打 ••••')
    expect(after.wordsOf('8516725481').body).toBe('')
  })
  it('are gone once sent', async () => {
    const { wordsOf } = await load()
    wordsOf('8516725480').body = '好的'
    expect(window.sessionStorage.length).toBe(1)
    wordsOf('8516725480').body = ''
    expect(window.sessionStorage.length).toBe(0)
  })
})
