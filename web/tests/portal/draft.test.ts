import { beforeEach, describe, expect, it } from 'vitest'
import { dropDraft, keepDraft, keptDraft } from '@/features/portal/draft'
import { hidden } from '@/features/portal/hidden'
import { PACKS, pack } from '../casetypes/packs'

const CARD = '6222020200112230'

describe('a draft on the device', () => {
  beforeEach(() => window.sessionStorage.clear())

  it('comes back as it was, for the same customer', () => {
    const form = pack('disputed_bill').customer
    const draft = {
      inputs: { reason: 'duplicate', amount: { amount: '28.50', currency: 'CNY' }, funds_frozen: false },
      elements: { symptom: '扣了两次' },
      priority: 'low' as const,
    }
    keepDraft(form, 'me', draft)
    expect(keptDraft('disputed_bill', 'me')).toEqual(draft)
    expect(keptDraft('disputed_bill', 'you')).toBeNull()
    dropDraft('disputed_bill')
    expect(keptDraft('disputed_bill', 'me')).toBeNull()
  })

  it.each(PACKS)('of $code never holds a protected field', ({ customer }) => {
    const inputs = Object.fromEntries(customer.fields.map((field) => [field.code, `secret-${field.code}`]))
    keepDraft(customer, 'me', { inputs, elements: {}, priority: null })
    const kept = JSON.stringify({ ...window.sessionStorage })
    for (const field of customer.fields) {
      expect(kept.includes(`secret-${field.code}\\"`), field.code).toBe(!field.protected)
    }
  })

  it('hides in free words what could be a card, an ID or a phone', () => {
    const form = pack('general').customer
    const words = `卡 6222 0202 0011 2230、${CARD}，证件 11010519491231002X，手机13800138000，错误码 -102`
    keepDraft(form, 'me', { inputs: { related_no: CARD }, elements: { symptom: words }, priority: null })
    const found = keptDraft('general', 'me')
    expect(found?.elements['symptom']).toBe('卡 ••••、••••，证件 ••••，手机••••，错误码 -102')
    expect(found?.inputs['related_no']).toBe('••••')
    expect(hidden('2026-11-18 两笔 28.50 元，订单 8516725480')).toBe(
      '2026-11-18 两笔 28.50 元，订单 8516725480',
    )
  })

  it('is nothing where what is kept is broken', () => {
    window.sessionStorage.setItem(
      'bihuan.draft.general',
      '{"who":"me","inputs":{"a":null,"b":1},"elements":[]',
    )
    expect(keptDraft('general', 'me')).toBeNull()
    window.sessionStorage.setItem(
      'bihuan.draft.general',
      '{"who":"me","inputs":{"a":null,"b":1},"priority":7}',
    )
    expect(keptDraft('general', 'me')).toEqual({ inputs: {}, elements: {}, priority: null })
  })
})
