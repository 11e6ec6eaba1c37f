import { describe, expect, it } from 'vitest'
import { judge, parseTree, type Row } from '@/features/tickets/queue/filter'
import { placeOf } from '@/features/tickets/queue/order'
import {
  NOTHING_SHOWN,
  patched,
  reread,
  settled,
  withPage,
  without,
  type Rules,
  type Shown,
} from '@/features/tickets/queue/patch'
import { IDS, row } from './row'

const open = parseTree({ field: 'state', in: ['following', 'waiting'] })
const rules: Rules = { sort: 'due', judge: (one) => judge(open, one, IDS) }
const page = (ids: string[], next: string | null = null): Shown =>
  withPage(NOTHING_SHOWN, { items: ids.map((id) => row(id)), next }, rules)
const ids = (shown: Shown): string[] => shown.rows.map((one) => one.id)
const waits = (shown: Shown): Record<string, string> =>
  Object.fromEntries([...shown.waiting].map(([id, one]) => [id, one.how]))
const newer = (id: string, said: Partial<Row> = {}): Row => row(id, { version: 2, ...said })

describe('a pushed row', () => {
  it('is drawn anew in its place', () => {
    const shown = patched(page(['1', '2', '3']), [newer('2', { title: 'new words' })], rules)
    expect(shown.rows[1]?.title).toBe('new words')
    expect([ids(shown), waits(shown)]).toEqual([['1', '2', '3'], {}])
  })
  it('counts only where its version is higher', () => {
    const before = page(['1', '2'])
    expect(patched(before, [row('2', { title: 'late' })], rules)).toBe(before)
    const now = patched(before, [row('2', { version: 5, title: 'five' })], rules)
    expect(patched(now, [row('2', { version: 4, title: 'four' })], rules)).toBe(now)
  })
  it('that leaves, enters or moves waits, and nothing moves by itself', () => {
    const shown = patched(
      page(['1', '2', '3']),
      [
        newer('1', { state: 'archived' }),
        newer('2', { due_at: '2026-11-22T09:00:00Z' }),
        row('0', { due_at: '2026-11-22T02:30:00Z' }),
      ],
      rules,
    )
    expect(ids(shown)).toEqual(['1', '2', '3'])
    expect(shown.rows[0]?.state).toBe('archived')
    expect(waits(shown)).toEqual({ '1': 'leaves', '2': 'moves', '0': 'enters' })
    const now = settled(shown, 'due')
    expect([ids(now), now.waiting.size]).toEqual([['0', '3', '2'], 0])
  })
  it('waits no longer once it is as it was', () => {
    const left = patched(page(['1', '2']), [newer('1', { state: 'archived' })], rules)
    const back = patched(left, [row('1', { version: 3 })], rules)
    expect(waits(back)).toEqual({})
    const entered = patched(back, [row('0', { version: 1 })], rules)
    expect(waits(patched(entered, [newer('0', { state: 'archived' })], rules))).toEqual({})
  })
  it('is judged against neighbours that are where they belong', () => {
    let shown = patched(page(['1', '3', '5']), [newer('3', { due_at: '2026-11-22T00:10:00Z' })], rules)
    expect(waits(shown)).toEqual({ '3': 'moves' })
    shown = patched(shown, [newer('5', { due_at: '2026-11-22T00:30:00Z' })], rules)
    expect(waits(shown)).toEqual({ '3': 'moves', '5': 'moves' })
    expect(ids(settled(shown, 'due'))).toEqual(['3', '5', '1'])
  })
  it('beyond what is loaded comes with the next page', () => {
    const before = page(['1', '2'], 'more')
    expect(before.edge).toEqual(placeOf(row('2'), 'due'))
    const shown = patched(before, [row('9'), newer('1', { due_at: '2026-11-22T08:00:00Z' })], rules)
    expect(waits(shown)).toEqual({ '1': 'moves' })
    const now = settled(shown, 'due')
    expect(ids(now)).toEqual(['2'])
    const last = { items: [newer('1', { due_at: '2026-11-22T08:00:00Z' }), row('9')], next: null }
    expect(ids(withPage(now, last, rules))).toEqual(['2', '1', '9'])
  })
  it('that cannot be judged asks for a read', () => {
    const odd: Rules = { sort: 'due', judge: () => 'untold' }
    expect(patched(page(['1']), [newer('1')], odd).untold).toBe(true)
  })
})

describe('the list', () => {
  it('drops what one may see no more, at once', () => {
    const shown = patched(page(['1', '2']), [row('0')], rules)
    const now = without(shown, ['2', '0', '77'])
    expect([ids(now), waits(now)]).toEqual([['1'], {}])
    expect(without(now, ['77'])).toBe(now)
  })
  it('shows no row twice when a page overlaps', () => {
    const shown = withPage(page(['1', '2'], 'more'), { items: [row('2'), row('3')], next: null }, rules)
    expect([ids(shown), shown.edge]).toEqual([['1', '2', '3'], null])
  })
  it('read again after a gap tells what differs', () => {
    const before = page(['1', '2', '3'])
    const now = reread(
      before,
      { items: [row('0'), newer('2', { title: 'two' }), row('3')], next: null },
      rules,
    )
    expect(ids(now)).toEqual(['1', '2', '3'])
    expect(waits(now)).toEqual({ '0': 'enters', '1': 'leaves' })
    expect(now.rows[1]?.title).toBe('two')
    expect(ids(settled(now, 'due'))).toEqual(['0', '2', '3'])
  })
  it('longer than what was read again says that it may be off', () => {
    const before = page(['1', '2', '3', '4'])
    const now = reread(before, { items: [row('1'), row('2')], next: 'more' }, rules)
    expect([waits(now), now.untold]).toEqual([{}, true])
  })
  it.each([
    ['-changed', ['3', '2', '1']],
    ['changed', ['1', '2', '3']],
    ['-id', ['3', '2', '1']],
    ['id', ['1', '2', '3']],
    ['due', ['1', '2', '3']],
  ] as const)('puts what waits where %s wants it', (sort, wanted) => {
    const each: Rules = { sort, judge: () => true }
    const at = (id: string): Row => row(id, { changed_at: `2026-11-21T0${id}:00:00Z` })
    const pushed = patched(NOTHING_SHOWN, [at('2'), at('1'), at('3')], each)
    expect(ids(settled(pushed, sort))).toEqual(wanted)
  })
  it('puts what has no running clock last', () => {
    const still = row('0', { clock_state: 'paused' })
    expect(ids(settled(patched(page(['1', '2']), [still], rules), 'due'))).toEqual(['1', '2', '0'])
  })
})
