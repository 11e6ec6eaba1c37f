import { describe, expect, it } from 'vitest'
import { inputsIn } from '@/features/casetypes/inputs'
import { isChosen, stillToSend, toggled } from '@/features/tickets/ticket/checks'
import { reopenedEdit, type Start } from '@/features/tickets/ticket/edit'
import { asList, FORM_OF, listIn, unanswered } from '@/features/tickets/ticket/forms'

describe('steps that were checked', () => {
  const now = ['/checklist/a', '/checklist/b']
  const nothing = { on: [], off: [] }
  const change = toggled(toggled(nothing, '/checklist/a', now), '/checklist/c', now)

  it('undo nothing that others did meanwhile', () => {
    expect(change).toEqual({ on: ['/checklist/c'], off: ['/checklist/a'] })
    expect(stillToSend(change, [...now, '/checklist/theirs'])).toEqual(change)
    expect(stillToSend(change, ['/checklist/b', '/checklist/c'])).toBeNull()
  })
  it('show my change upon what stands now', () => {
    const shown = ['/checklist/a', '/checklist/b', '/checklist/c', '/checklist/theirs']
    const later = [...now, '/checklist/theirs']
    expect(shown.filter((one) => isChosen(change, one, later))).toEqual(shown.slice(1))
  })
  it('are nothing once taken back', () => {
    expect(toggled(toggled(change, '/checklist/a', now), '/checklist/c', now)).toEqual(nothing)
  })
  it('stay in the values of the dialog', () => {
    expect(listIn({ on: asList(change.on) }, 'on')).toEqual(change.on)
    expect(listIn({}, 'on')).toEqual([])
  })
})

describe('answers of a dialog that was closed', () => {
  it('come back as they were typed', () => {
    const inputs = { card: '4111', hit: true, tags: ['a'], money: { amount: '1.', currency: 'CNY' } }
    expect(inputsIn(JSON.stringify(inputs))).toEqual(inputs)
    expect(inputsIn('')).toEqual({})
    expect(inputsIn('{"a":1,"b":"x"}')).toEqual({ b: 'x' })
  })
})

describe('contents edited before', () => {
  const start: Start = { title: '旧', elements: { symptom: '甲' }, inputs: { hit: '1' }, held: {} }
  const edit = { title: '旧', elements: { symptom: '乙' }, inputs: { hit: '1' } }

  it('lie over the newer ones only where they were changed', () => {
    const now: Start = { ...start, title: '新', inputs: { hit: '2' } }
    const found = reopenedEdit({ edit, start, version: 3 }, now, 5)
    expect(found.edit).toEqual({ title: '新', elements: { symptom: '乙' }, inputs: { hit: '2' } })
    expect(found.start).toEqual({ ...now, elements: { symptom: '甲' } })
    expect(found.version).toBe(5)
  })
  it('rest on the version of before where both changed the same', () => {
    const now: Start = { ...start, elements: { symptom: '丙' } }
    const found = reopenedEdit({ edit, start, version: 3 }, now, 5)
    expect(found.edit.elements).toEqual({ symptom: '乙' })
    expect(found.start.elements).toEqual({ symptom: '甲' })
    expect(found.version).toBe(3)
  })
  it('are the ticket as it stands where nothing was kept', () => {
    expect(reopenedEdit(null, start, 5)).toEqual({ edit: start, start, version: 5 })
  })
})

it('what nobody chose is not answered by a default', () => {
  const resolve = FORM_OF.get('resolve')
  expect(resolve && unanswered(resolve, { resolution: '已退款' })).toEqual(['outcome'])
})
