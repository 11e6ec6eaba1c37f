import { describe, expect, it } from 'vitest'
import { fromValue, grouped, toMoment, toValue, type Input } from '@/features/casetypes/inputs'
import { parseForm, type FieldType } from '@/features/casetypes/form'

describe('toValue', () => {
  it.each<[FieldType, Input | undefined, unknown]>([
    ['text', '  ', undefined],
    ['text', ' a ', ' a '],
    ['boolean', false, false],
    ['boolean', undefined, undefined],
    ['choices', [], undefined],
    ['choices', ['a'], ['a']],
    ['integer', '1,200', 1200],
    ['integer', '２０', 20],
    ['integer', 'many', 'many'],
    ['integer', '1.5', '1.5'],
    ['number', '1.5', 1.5],
    ['money', { amount: ' ¥1,280.50 ', currency: 'CNY' }, { amount: '1280.50', currency: 'CNY' }],
    ['money', { amount: '', currency: 'CNY' }, undefined],
    ['datetime', '2026-11-21T15:30', '2026-11-21T15:30:00+08:00'],
    ['date', '2026-11-21', '2026-11-21'],
    ['card_number', '6222 0202 ００11 2230', '6222020200112230'],
  ])('of %s %j is %j', (type, input, expected) => {
    expect(toValue({ type }, input)).toEqual(expected)
  })
})

describe('fromValue', () => {
  it('shows moments as people here say them', () => {
    expect(fromValue({ type: 'datetime' }, '2026-11-20T07:05:00+00:00')).toBe('2026-11-20T15:05')
    expect(toMoment('2026-11-20T15:05')).toBe('2026-11-20T15:05:00+08:00')
    expect(toMoment('2026-11-20')).toBe('2026-11-20')
  })
  it('knows nothing of a protected value', () => {
    expect(fromValue({ type: 'card_number' }, { mask: '6222 **** 2230', value_id: 'x' })).toBeUndefined()
  })
})

describe('grouped', () => {
  it.each([
    ['6222020200112230', 16, '6222 0202 0011 2230', 19],
    ['62221', 5, '6222 1', 6],
    ['6222', 4, '6222', 4],
    ['6222 02', 5, '6222 02', 4],
    ['6a2', 2, '62', 1],
    ['６２２２０', 5, '6222 0', 6],
    ['', 0, '', 0],
  ])('%j with the caret at %d', (typed, caret, text, after) => {
    expect(grouped(typed, caret)).toEqual({ text, caret: after })
  })
})

describe('parseForm', () => {
  it('takes anything without failing, and a type it does not know for a protected text', () => {
    expect(parseForm(null).fields).toEqual([])
    const form = parseForm({ fields: { properties: { a: { title: 'A', 'x-type': 'hologram' } } } })
    expect(form.fields[0]).toMatchObject({ code: 'a', type: 'text', label: 'A', protected: true, when: null })
  })
})
