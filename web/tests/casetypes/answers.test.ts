import { describe, expect, it } from 'vitest'
import { asked, askedValues, isRequired, missing, promptOf, wanted } from '@/features/casetypes/answers'
import { STEPS } from '@/features/casetypes/form'
import { fromValue, toValue } from '@/features/casetypes/inputs'
import { PACKS, pack } from './packs'

describe.each(PACKS)('the form of $code', ({ staff, customer, samples }) => {
  it('asks what the desk asks, and misses what the desk misses, at every step', () => {
    expect(samples.length).toBeGreaterThan(20)
    for (const { values, elements, evidence, asked: codes, missing: said } of samples) {
      expect(Object.keys(askedValues(staff, values)).sort()).toEqual(codes)
      for (const step of STEPS) {
        const found = missing(staff, { values, elements, evidence }, step)
        expect(found.map((one) => one.pointer).sort(), JSON.stringify(values)).toEqual([...said[step]].sort())
      }
    }
  })

  it('finds nothing missing in its own example, and gives each value back as the desk has it', () => {
    const { fields: values, elements } = customer.example
    expect(missing(customer, { values, elements }, 'submit')).toEqual([])
    for (const field of customer.fields) {
      const value = values[field.code]
      expect(toValue(field, fromValue(field, value)), field.code).toEqual(value)
    }
  })

  it('has a label in every field, element and evidence item, and nothing of staff for a customer', () => {
    for (const form of [staff, customer]) {
      for (const one of [...form.fields, ...form.elements]) expect(one.label).not.toBe('')
      for (const one of form.evidence) expect(one.title).not.toBe('')
      for (const one of form.fields) {
        if (one.type === 'choice' || one.type === 'choices') expect(one.choices.length).toBeGreaterThan(1)
      }
    }
    expect([...customer.fields, ...customer.evidence].filter((one) => one.by === 'staff')).toEqual([])
    expect(staff.fields.length).toBeGreaterThan(customer.fields.length)
  })
})

describe('a disputed bill', () => {
  const form = pack('disputed_bill').customer
  const codes = (values: Record<string, unknown>): string[] => asked(form, values).map((one) => one.code)

  it('follows the reason', () => {
    expect(codes({})).not.toContain('other_transaction_on')
    expect(codes({ reason: 'duplicate' })).toContain('other_transaction_on')
    expect(codes({ reason: 'unrecognised' })).toContain('card_in_hand')
  })

  it('does not ask by an answer whose own question is not asked', () => {
    const values = { reason: 'duplicate', merchant_contacted: true }
    expect(codes(values)).not.toContain('merchant_reply')
    expect(codes({ ...values, reason: 'refund_missing' })).toContain('merchant_reply')
  })

  it('asks for what happened in the words of the situation', () => {
    const symptom = form.elements.find((one) => one.code === 'symptom')
    if (!symptom) throw new Error('no symptom')
    expect(promptOf(symptom, { reason: 'duplicate' })).toContain('两笔')
    expect(promptOf(symptom, {})).toBe(symptom.prompt)
  })

  it('wants the evidence that fits', () => {
    expect(wanted(form, { reason: 'duplicate' }).map((one) => one.code)).toEqual(['slip'])
    expect(wanted(form, {})).toEqual([])
  })

  it('takes a kept protected value for an answer', () => {
    const values = { reason: 'other' }
    const pointers = (held: string[]): string[] =>
      missing(form, { values, held }, 'submit').map((one) => one.pointer)
    expect(pointers([])).toContain('/fields/card_number')
    expect(pointers(['card_number'])).not.toContain('/fields/card_number')
  })

  it('needs at a step what an earlier step needed', () => {
    const rules = [{ step: 'accept' as const, when: null }]
    expect(STEPS.map((step) => isRequired(rules, step, {}))).toEqual([false, true, true, true])
  })
})
