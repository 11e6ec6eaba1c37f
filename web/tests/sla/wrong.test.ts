import { afterEach, describe, expect, it } from 'vitest'
import { focusMember, within, wrongsOf } from '@/shared/ui/form/wrong'

const PROBLEMS = [
  { pointer: '/clocks/0/limit/amount', code: 'type', detail: '请填写整数' },
  { pointer: '/clocks/0/limit', code: 'missing', detail: '缺少日历' },
  { pointer: '/clocks/10/limit', code: 'missing', detail: '另一处' },
]

describe('what is wrong with a form', () => {
  it('stands at its member, and at all around it', () => {
    const wrongs = wrongsOf(PROBLEMS)
    expect(wrongs.at('/clocks/0/limit/amount')).toBe('请填写整数')
    expect(wrongs.at('/clocks/0')).toBe('')
    expect(wrongs.under('/clocks/0/limit')).toBe('请填写整数 缺少日历')
    expect(wrongs.under('/clocks/1')).toBe('')
  })
  it('is that of a part of what was sent', () => {
    const told = within([{ pointer: '/body/title/zh', code: 'missing', detail: 'x' }, { pointer: '/note', code: 'missing', detail: 'y' }], '/body') // prettier-ignore
    expect(told.map((one) => one.pointer)).toEqual(['/title/zh', '/note'])
  })
})

describe('going to what is wrong', () => {
  afterEach(() => document.body.replaceChildren())
  it('unfolds what it is in, and goes to the nearest control there is', () => {
    document.body.innerHTML = `<details data-pointer="/clocks/0"><summary>c</summary>
      <div data-pointer="/clocks/0/limit"><input id="limit"></div></details>`
    expect(focusMember('/clocks/0/limit/unit')).toBe(true)
    expect(document.activeElement?.id).toBe('limit')
    expect(document.querySelector('details')?.open).toBe(true)
    expect(focusMember('/elsewhere')).toBe(false)
  })
})
