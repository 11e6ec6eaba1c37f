import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import Composer from '@/features/portal/Composer.vue'
import { wordsOf } from '@/features/portal/words'
import { Problem } from '@/shared/api/problem'

const NUMBER = '8516725480'
const said: string[] = []
let answer: { resolve: () => void; reject: (why: unknown) => void }
const say = (body: string): Promise<void> => {
  said.push(body)
  return new Promise((resolve, reject) => (answer = { resolve, reject }))
}
const draw = () => mount(Composer, { props: { number: NUMBER, say, help: '' }, attachTo: document.body })

describe('saying more', () => {
  beforeEach(() => {
    said.splice(0)
    wordsOf(NUMBER).body = ''
  })
  afterEach(() => document.body.replaceChildren())

  it('sends once, and keeps what was typed on meanwhile', async () => {
    const page = draw()
    await page.get('textarea').setValue('第一句')
    await page.get('form').trigger('submit')
    await page.get('form').trigger('submit')
    await page.get('textarea').setValue('第一句，第二句')
    answer.resolve()
    await flushPromises()
    expect([said, page.get('textarea').element.value]).toEqual([['第一句'], '第一句，第二句'])
    page.unmount()
  })
  it('is taken away by an answer that comes after the page was left and opened again', async () => {
    const page = draw()
    await page.get('textarea').setValue('好的')
    await page.get('form').trigger('submit')
    page.unmount()
    const again = draw()
    expect(again.get('textarea').element.value).toBe('好的')
    await again.get('form').trigger('submit')
    answer.resolve()
    await flushPromises()
    expect([said, again.get('textarea').element.value]).toEqual([['好的'], ''])
    again.unmount()
  })
  it('keeps the words of a refused sending, and leads to the refusal', async () => {
    const page = draw()
    await page.get('textarea').setValue('好的')
    await page.get('form').trigger('submit')
    answer.reject(new Problem(0, null))
    await flushPromises()
    expect(page.get('textarea').element.value).toBe('好的')
    expect(document.activeElement?.getAttribute('role')).toBe('alert')
    expect(page.get('button').attributes('disabled')).toBeUndefined()
    page.unmount()
  })
})
