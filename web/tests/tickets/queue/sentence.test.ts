import { describe, expect, it } from 'vitest'
import { judge, parseTree } from '@/features/tickets/queue/filter'
import {
  ANYTHING,
  fromQuery,
  toQuery,
  treeOf,
  wordsOf,
  type Meaning,
  type Words,
} from '@/features/tickets/queue/sentence'
import { IDS, row } from './row'

const NOW = Date.parse('2026-11-22T00:00:00Z')
const meaning: Meaning = {
  me: 's-me',
  teams: ['t-cs'],
  staffId: IDS.staff,
  login: (id) => (id.startsWith('s-') ? id.slice(2) : undefined),
  teamId: IDS.team,
  teamCode: (id) => (id === 't-cs' ? 'CS' : undefined),
  now: () => NOW,
}
const WORDS: Partial<Words>[] = [
  {},
  { who: 'me' },
  { who: 'nobody', team: 'mine' },
  { who: 'she', state: 'waiting', sort: '-changed' },
  { team: 'CS', state: 'closed', type: 'lost_card', priority: 'urgent' },
  { state: 'any' },
]

describe('the sentence', () => {
  it.each(WORDS)('%j is the same in the address, and out of a saved tree', (said) => {
    const words = { ...ANYTHING, ...said }
    expect(fromQuery(toQuery(words, ANYTHING), ANYTHING)).toEqual(words)
    const tree = treeOf(words, meaning)
    expect(parseTree(JSON.parse(JSON.stringify(tree)))).toEqual(tree)
    expect(wordsOf(tree, words.sort, meaning)).toEqual(words)
  })
  it('asks for what it says', () => {
    const mine = treeOf({ ...ANYTHING, who: 'me' }, meaning)
    expect(judge(mine, row('1'), IDS)).toBe(true)
    expect(judge(mine, row('1', { assignee: 'she' }), IDS)).toBe(false)
    expect(judge(mine, row('1', { state: 'archived' }), IDS)).toBe(false)
    const free = treeOf({ ...ANYTHING, who: 'nobody', team: 'mine' }, meaning)
    expect(judge(free, row('1', { assignee: null }), IDS)).toBe(true)
    expect(judge(free, row('1', { assignee: null, team: null }), IDS)).toBe(true)
    expect(judge(free, row('1'), IDS)).toBe(false)
    const soon = treeOf({ ...ANYTHING, due: 'soon' }, meaning)
    expect(judge(soon, row('1', { due_at: '2026-11-22T03:59:00Z' }), IDS)).toBe(true)
    expect(judge(soon, row('1', { due_at: '2026-11-22T04:01:00Z' }), IDS)).toBe(false)
    expect(judge(soon, row('1', { due_at: null }), IDS)).toBeNull()
  })
  it('finds nobody for a login nobody has, instead of everybody', () => {
    expect(judge(treeOf({ ...ANYTHING, who: 'gone' }, meaning), row('1'), IDS)).toBe(false)
  })
  it('takes nothing strange out of an address', () => {
    const odd = {
      who: '"><script>',
      state: 'nowhere',
      priority: 'high',
      due: 'later',
      sort: 'x',
      type: ['a'],
    }
    expect(fromQuery(odd, ANYTHING)).toEqual(ANYTHING)
  })
  it('has no words for a tree that says more', () => {
    for (const raw of [
      { all: [{ field: 'transfers', above: 2 }] },
      { not: { field: 'state', is: 'intake' } },
      {
        all: [
          { field: 'state', is: 'intake' },
          { field: 'state', is: 'waiting' },
        ],
      },
      { field: 'assignee', is: 'nobody-known' },
    ])
      expect(wordsOf(parseTree(raw), 'due', meaning)).toBeNull()
  })
})

describe('time and waiting in the sentence', () => {
  it('are kept in a view where they do not change with the hour', () => {
    const words = { ...ANYTHING, due: 'over' as const, waits: 'appraisal' as const }
    expect(wordsOf(treeOf(words, meaning), 'due', meaning)).toEqual(words)
    expect(wordsOf(treeOf({ ...ANYTHING, due: 'soon' }, meaning), 'due', meaning)).toBeNull()
  })
  it('judge a pushed row as the desk does: a clock that stands is not late', () => {
    const over = treeOf({ ...ANYTHING, due: 'over' }, meaning)
    const late = '2020-01-01T00:00:00Z'
    expect(judge(over, row('1', { due_at: late }), IDS)).toBe(true)
    expect(judge(over, row('1', { due_at: late, clock_state: 'paused' }), IDS)).toBe(false)
    expect(judge(over, row('1', { due_at: null }), IDS)).toBe(false)
  })
})
