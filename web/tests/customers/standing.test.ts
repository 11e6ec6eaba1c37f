import { describe, expect, it } from 'vitest'
import { isMaking, mayAsk, mayFetch } from '@/features/customers/standing'
import { REFUSALS } from '@/features/customers/api'
import en from '@/features/customers/texts.en.json'
import zh from '@/features/customers/texts.zh.json'

const STATES = ['asked', 'released', 'ready', 'refused', 'expired', 'revoked'] as const

describe('a request for a person’s data', () => {
  it('is asked for where none is being dealt with', () => {
    const may = STATES.filter((state) => mayAsk([{ state }]))
    expect(may).toEqual(['ready', 'refused', 'expired', 'revoked'])
    expect(mayAsk([])).toBe(true)
    expect(mayAsk([{ state: 'ready' }, { state: 'asked' }])).toBe(false)
  })

  it('is fetched by a colleague once, while its file is there', () => {
    const may = STATES.filter((state) => mayFetch({ state, fetched_at: null }))
    expect(may).toEqual(['ready'])
    expect(mayFetch({ state: 'ready', fetched_at: '2026-11-01T00:00:00Z' })).toBe(false)
  })

  it('is looked at again only while its file is made', () => {
    expect(STATES.filter((state) => isMaking([{ state }]))).toEqual(['released'])
  })

  it('has words for every state and reason in both languages', () => {
    for (const { customers } of [zh, en]) {
      expect(Object.keys(customers.state)).toEqual([...STATES])
      expect(Object.keys(customers.refusal)).toEqual([...REFUSALS])
    }
  })
})
