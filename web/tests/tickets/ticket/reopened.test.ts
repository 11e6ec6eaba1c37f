import { describe, expect, it } from 'vitest'
import { chosenSince, stillToSend } from '@/features/tickets/ticket/checks'
import { reopenedEdit, type Start } from '@/features/tickets/ticket/edit'
import { FORM_OF, unanswered } from '@/features/tickets/ticket/forms'

describe('steps that were checked', () => {
  it('undo nothing that others did since the start', () => {
    const change = chosenSince(['/checklist/a', '/checklist/b'], new Set(['/checklist/b', '/checklist/c']))
    expect(change).toEqual({ on: ['/checklist/c'], off: ['/checklist/a'] })
    expect(change && stillToSend(change, ['/checklist/a', '/checklist/b', '/checklist/theirs'])).toEqual(
      change,
    )
    expect(change && stillToSend(change, ['/checklist/b', '/checklist/c'])).toEqual({ on: [], off: [] })
  })
  it('are nothing where nothing was chosen, whatever others did', () => {
    expect(chosenSince(['/checklist/a'], new Set(['/checklist/a']))).toBeNull()
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
