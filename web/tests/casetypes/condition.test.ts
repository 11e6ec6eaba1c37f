import { describe, expect, it } from 'vitest'
import { fieldsIn, holds, parseCondition, type Condition, type Op, type Operand } from '@/features/casetypes/condition' // prettier-ignore

const compare = (op: Op, value: Operand): Condition => ({ type: 'compare', field: 'x', op, value })

describe('holds', () => {
  it.each<[Op, Operand, unknown, boolean]>([
    ['is', 'a', 'a', true],
    ['is', 'a', undefined, false],
    ['is', true, true, true],
    ['is', true, 1, false],
    ['is', { amount: '10.00', currency: 'CNY' }, { amount: '10', currency: 'CNY' }, true],
    ['is', { amount: '10.00', currency: 'CNY' }, { amount: '10', currency: 'USD' }, false],
    ['in', ['a', 'b'], 'b', true],
    ['in', ['a', 'b'], '', false],
    ['has', 'a', ['b', 'a'], true],
    ['has', 'a', 'a', false],
    ['present', true, false, true],
    ['present', true, 0, true],
    ['present', false, [], true],
    ['present', false, '', true],
    ['gte', { amount: '50000', currency: 'CNY' }, { amount: '50000.00', currency: 'CNY' }, true],
    ['gt', { amount: '0.3', currency: 'CNY' }, { amount: '0.300001', currency: 'CNY' }, true],
    ['gt', { amount: '0', currency: 'CNY' }, { amount: '0.0000001', currency: 'CNY' }, false],
    ['lt', { amount: '0', currency: 'CNY' }, { amount: '-0.50', currency: 'CNY' }, true],
    ['lte', { amount: '5', currency: 'CNY' }, { amount: 'five', currency: 'CNY' }, false],
    ['gte', 10, 10, true],
    ['gte', 10, '10', false],
    ['lt', '2026-11-21', '2026-11-20', true],
    ['lt', '2026-11-21', 'yesterday', false],
    ['gt', '2026-11-20T15:00:00+08:00', '2026-11-20T08:00:00Z', true],
    ['gt', '2026-11-20T15:00:00+08:00', '2026-11-20T18:00:00', false],
  ])('%s %j of %j is %s', (op, operand, value, expected) => {
    expect(holds(compare(op, operand), { x: value })).toBe(expected)
  })

  it('joins and turns round', () => {
    const yes = compare('is', 1)
    const no = compare('is', 2)
    const values = { x: 1 }
    expect(holds({ type: 'all', of: [yes, no] }, values)).toBe(false)
    expect(holds({ type: 'any', of: [yes, no] }, values)).toBe(true)
    expect(holds({ type: 'not', of: no }, values)).toBe(true)
    expect(holds({ type: 'not', of: yes }, {})).toBe(true)
    expect(holds(null, values)).toBe(true)
    expect(fieldsIn({ type: 'not', of: { type: 'any', of: [yes, no] } })).toEqual(['x', 'x'])
  })
})

describe('parseCondition', () => {
  it('reads a tree, and asks rather than hides where it does not know a part', () => {
    const part = { type: 'compare', field: 'x', op: 'is', value: 'a' }
    expect(parseCondition({ type: 'any', of: [part, { type: 'not', of: part }] })).not.toBeNull()
    const unknown = [null, 'x', { type: 'later' }, { ...part, op: 'near' }, { ...part, value: null }]
    for (const one of unknown) {
      expect(parseCondition(one)).toBeNull()
      expect(parseCondition({ type: 'all', of: [part, one] })).toBeNull()
      expect(parseCondition({ type: 'not', of: one })).toBeNull()
    }
  })
})
