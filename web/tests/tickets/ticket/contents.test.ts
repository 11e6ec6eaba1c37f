import { beforeEach, describe, expect, it } from 'vitest'
import { parseForm } from '@/features/casetypes/form'
import { left, soonest, type Clock } from '@/features/tickets/ticket/clocks'
import { editOf, startEdit } from '@/features/tickets/ticket/edit'
import { nextStep, placeOf, refusedFor } from '@/features/tickets/ticket/missing'
import { stepsOf, titlesOf } from '@/features/tickets/ticket/steps'
import { isMasked, shownValue } from '@/features/tickets/ticket/values'
import { aTicket } from './made'
import { speakIn } from './texts'

const SCHEMA = {
  case_type: 'disputed_bill',
  title: '账单争议',
  help: '',
  fields: {
    properties: {
      reason: { title: '原因', 'x-type': 'choice', 'x-by': 'customer', 'x-protected': false, oneOf: [{ const: 'a', title: '甲' }] },
      card: { title: '卡号', 'x-type': 'card_number', 'x-by': 'customer', 'x-protected': true },
      amount: { title: '金额', 'x-type': 'money', 'x-by': 'customer', 'x-protected': false },
      hit: { title: '笔数', 'x-type': 'integer', 'x-by': 'staff', 'x-protected': false },
    },
  },
  elements: [{ code: 'symptom', label: '现象', prompt: '?', prompts: [], answered_by: [] }],
  evidence: [],
  checklist: [
    { code: 'restate', title: '复述', 'x-kind': 'step', 'x-when': null },
    { code: 'refund', title: '退款', 'x-kind': 'step', 'x-when': { type: 'compare', field: 'reason', op: 'is', value: 'b' } },
    { code: 'closing', title: '收尾', 'x-kind': 'stage', 'x-when': null },
  ],
} // prettier-ignore
const form = parseForm(SCHEMA)

beforeEach(() => speakIn('zh'))

describe('editing', () => {
  const ticket = aTicket({
    fields: { reason: 'a', card: '6200****0005', amount: { amount: '1.50', currency: 'CNY' }, hit: 2 },
    elements: { symptom: '扣了两次' },
  })

  it('sends nothing where nothing was changed, and never a mask', () => {
    const start = startEdit(ticket, form)
    expect(start.held).toEqual({ card: '6200****0005' })
    expect(editOf(start, start, form)).toBeNull()
  })

  it('sends only what was changed; null takes a value away', () => {
    const start = startEdit(ticket, form)
    const inputs = { ...start.inputs, amount: { amount: '2', currency: 'CNY' } }
    const rest = Object.fromEntries(Object.entries(inputs).filter(([code]) => code !== 'hit'))
    const now = { title: '新标题', elements: {}, inputs: rest }
    expect(editOf(start, now, form)).toEqual({
      title: '新标题',
      fields: { amount: { amount: '2', currency: 'CNY' }, hit: null },
      elements: { symptom: null },
    })
  })
})

describe('steps', () => {
  it('are those asked for and those done, without stages', () => {
    expect(stepsOf(SCHEMA, aTicket()).map((step) => step.title)).toEqual(['复述'])
    expect(stepsOf(SCHEMA, aTicket({ checklist: ['refund'] })).map((step) => step.code)).toEqual([
      'restate',
      'refund',
    ])
    expect(titlesOf(SCHEMA).get('refund')).toBe('退款')
    expect(stepsOf(undefined, aTicket())).toEqual([])
  })
})

describe('values', () => {
  it('are read by their words', () => {
    expect(shownValue(form, 'reason', 'a')).toBe('甲')
    expect(shownValue(form, 'amount', { amount: '1234.5', currency: 'CNY' })).toContain('1,234.50')
    expect(shownValue(form, 'x', true)).toBe('是')
    expect(shownValue(null, 'x', ['a', 'b'])).toBe('a、b')
    expect(isMasked(form, 'card')).toBe(true)
  })
})

describe('what is missing', () => {
  it('belongs to the step the state leads to', () => {
    expect(nextStep(aTicket({ state: 'intake' }))).toBe('accept')
    expect(nextStep(aTicket({ state: 'called_back' }))).toBe('archive')
    expect(nextStep(aTicket({ state: 'merged' }))).toBeNull()
  })
  it('leads to where it is given', () => {
    expect(placeOf('/fields/amount')).toBe('fields')
    expect(placeOf('/evidence/proof')).toBe('check')
  })
  it('keeps the desk’s labels in a refusal', () => {
    const refused = [{ pointer: '/fields/amount', code: 'missing', detail: '缺少' }, { pointer: '/title', code: 'too_long', detail: '' }] // prettier-ignore
    const known = [{ pointer: '/fields/amount', label: '金额', by: 'customer' }]
    expect(refusedFor(refused, known)).toEqual(known)
    expect(refusedFor(refused, [])[0]?.label).toBe('缺少')
  })
})

describe('clocks', () => {
  const clock: Clock = {
    kind: 'resolution',
    state: 'running',
    started_at: '2026-11-20T00:00:00Z',
    due_at: '2026-11-20T04:00:00Z',
    left_seconds: 0,
    paused_at: null,
    stopped_at: null,
  }
  const at = (time: string): number => Date.parse(`2026-11-20T${time}:00Z`)

  it('are ink, warn under a quarter, urgent when over', () => {
    expect(left(clock, at('01:00'))).toMatchObject({ text: '还剩 3 小时', tone: 'ink' })
    expect(left(clock, at('03:30'))).toMatchObject({ tone: 'warn' })
    expect(left(clock, at('05:00'))).toMatchObject({ text: '已超 1 小时', tone: 'urgent' })
  })
  it('stand still while paused, and say how they ended', () => {
    const paused = { ...clock, paused_at: '2026-11-20T01:00:00Z' }
    expect(left(paused, at('03:00'))).toEqual(left(paused, at('09:00')))
    expect(left({ ...clock, stopped_at: '2026-11-20T01:00:00Z', state: 'met' }, at('09:00')).tone).toBe(
      'good',
    )
  })
  it('name the one due first, of those that run', () => {
    const first = { ...clock, kind: 'first_response' as const, due_at: '2026-11-20T01:00:00Z' }
    expect(soonest([clock, first])).toBe(first)
    expect(soonest([{ ...first, stopped_at: first.due_at }])).toBeNull()
  })
})
