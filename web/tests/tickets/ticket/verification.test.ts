import { describe, expect, it } from 'vitest'
import {
  isReference,
  lackingOf,
  levelsOf,
  methodsOf,
  type Verification,
} from '@/features/tickets/ticket/verification'

const MADE: Verification = {
  level: 1, ever: 2, holds_until: null, needs: { disclose: 2, change: 1, resolve: 2 }, in_person_only: false, most: { sms: 2 }, attempts: [],
} // prettier-ignore

describe('verification', () => {
  it('says what the level is not enough for; a solution rests on what was ever reached', () => {
    expect(lackingOf(MADE)).toEqual([{ what: 'disclose', need: 2 }])
    expect(lackingOf({ ...MADE, level: 2, ever: 1 }).map((one) => one.what)).toEqual(['resolve'])
  })
  it('offers counter and video alone after two failures', () => {
    expect(methodsOf({ in_person_only: true })).toEqual(['video', 'document'])
    expect(methodsOf(MADE)).toHaveLength(7)
  })
  it('offers no level the method cannot reach, and none where it failed', () => {
    expect(levelsOf(MADE.most, 'sms', true)).toEqual([2, 1])
    expect(levelsOf(MADE.most, 'sms', false)).toEqual([])
  })
  it('takes ids, never codes or sentences', () => {
    expect(['', 'CALL-8f31', 'a.b:c_d'].every(isReference)).toBe(true)
    expect(['482913', 'the code is 1', 'abc', 'x'.repeat(65)].some(isReference)).toBe(false)
  })
})
