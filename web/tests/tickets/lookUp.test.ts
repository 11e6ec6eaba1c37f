import { describe, expect, it } from 'vitest'
import { kindsOf, lookUp, numberOf } from '@/features/tickets/lookUp'
import { stubDesk } from '../stubs'

describe('what is typed into the search', () => {
  it('is a ticket number where its check digit is right, as written or said', () => {
    expect(numberOf('8349788116')).toBe('8349788116')
    expect(numberOf(' 834 978-8116 ')).toBe('8349788116')
    for (const other of ['8349788117', '834978811', '83497881160', 'abc', ''])
      expect(numberOf(other)).toBe('')
  })
  it('may be a whole number of a customer, the likeliest first', () => {
    expect(kindsOf('13800138000')[0]).toBe('mobile')
    expect(kindsOf('+86 138-0013-8000')[0]).toBe('mobile')
    expect(kindsOf('11010519491231002X')[0]).toBe('id_number')
    expect(kindsOf('6222 0202 0011 2230')[0]).toBe('card_number')
    expect(kindsOf('a@example.com')).toEqual(['email'])
    expect(kindsOf('全部未结')).toEqual([])
    expect(kindsOf('138')).toEqual([])
  })
  it('goes in the body, never in an address', async () => {
    const desk = stubDesk()
    desk.answers.set('POST /api/v1/tickets/search', () => ({ body: { ids: ['a', 'b'] } }))
    desk.answers.set('GET /api/v1/tickets', () => ({
      body: { items: [{ id: 'a', number: '1' }], next: null, sentence: '' },
    }))
    const found = await lookUp('mobile', ' 13800138000 ')
    expect(found).toMatchObject({ all: 2, found: [{ id: 'a' }] })
    expect(desk.asked[0]?.body).toEqual({ kind: 'mobile', value: '13800138000' })
    expect(desk.asked.map((one) => one.path + String(one.query)).join()).not.toContain('138')
  })
})
