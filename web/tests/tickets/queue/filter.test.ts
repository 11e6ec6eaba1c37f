import { describe, expect, it } from 'vitest'
import { instant, judge, parseTree, type Row } from '@/features/tickets/queue/filter'
import asked from './fixtures/filters.json'
import { IDS, row } from './row'

/** What PostgreSQL said of each filter on each row (scripts/filter_fixtures.py). */
const teams: Record<string, string> = asked.ids.team
const staff: Record<string, string> = asked.ids.staff
const ids = { team: (code: string) => teams[code], staff: (login: string) => staff[login] }
const rows = asked.rows.map((one): Row => ({ ...row('1'), ...known(one) }))

function known(one: object): Partial<Row> {
  return one
}

describe('a filter on a pushed row', () => {
  it.each(asked.cases.map((one) => [JSON.stringify(one.tree), one] as const))(
    '%s as the desk',
    (_said, one) => {
      const tree = parseTree(one.tree)
      expect(tree).not.toBeNull()
      expect(rows.map((each) => judge(tree, each, ids))).toEqual(one.verdicts)
    },
  )
  it('without a tree is everything', () => {
    expect(judge(null, row('1'), IDS)).toBe(true)
  })
  it('says so where the row does not carry what is asked', () => {
    const transfers = parseTree({ field: 'transfers', above: 1 })
    expect(judge(transfers, row('1'), IDS)).toBe('untold')
    const either = parseTree({
      any: [
        { field: 'transfers', above: 1 },
        { field: 'state', is: 'following' },
      ],
    })
    expect(judge(either, row('1'), IDS)).toBe(true)
    const both = parseTree({
      all: [
        { field: 'transfers', above: 1 },
        { field: 'state', is: 'archived' },
      ],
    })
    expect(judge(both, row('1'), IDS)).toBe(false)
    const stranger = parseTree({ field: 'assignee', is: 's-me' })
    expect(judge(stranger, row('1', { assignee: 'new-colleague' }), IDS)).toBe('untold')
  })
})

describe('a tree out of JSON', () => {
  it.each([
    null,
    [],
    { all: [] },
    { field: 'state' },
    { field: 'state', is: 'x', not: 'y' },
    { field: 'due_at', before: 5 },
    { field: 'state', in: 'intake' },
    { all: [{ any: [{ not: { field: 'state', is: 'intake' } }] }] },
  ])('%j is none', (raw) => {
    expect(parseTree(raw)).toBeNull()
  })
  it('keeps microseconds', () => {
    expect(instant('2026-11-22T03:00:00.000001Z') - instant('2026-11-22T11:00:00+08:00')).toBe(1)
  })
})
