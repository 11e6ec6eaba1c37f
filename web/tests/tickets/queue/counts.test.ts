import { describe, expect, it } from 'vitest'
import { counted, countedOut, type Counts } from '@/features/tickets/queue/counts'
import { parseTree } from '@/features/tickets/queue/filter'
import { Memory } from '@/features/tickets/queue/memory'
import { IDS, row } from './row'

const mine = parseTree({ field: 'assignee', is: 's-me' })
const start = (n = 5, capped = false): Counts => new Map([['mine', { n, capped, tree: mine, stale: false }]])
const told = (counts: Counts): [number, boolean] => {
  const found = counts.get('mine')
  return [found?.n ?? -1, found?.stale ?? true]
}

describe('counts', () => {
  it('follow what is pushed where it is known what it was', () => {
    const memory = new Memory()
    memory.learn(row('1', { assignee: 'she' }))
    let counts = counted(start(), [row('1', { version: 2 })], memory, IDS)
    expect(told(counts)).toEqual([6, false])
    counts = counted(counts, [row('1', { version: 3, title: 'still mine' })], memory, IDS)
    expect(told(counts)).toEqual([6, false])
    counts = counted(counts, [row('1', { version: 4, assignee: null })], memory, IDS)
    expect(told(counts)).toEqual([5, false])
    counts = counted(counts, [row('1', { version: 2 })], memory, IDS)
    expect(told(counts)).toEqual([5, false])
  })
  it('take in a ticket that was just opened', () => {
    expect(told(counted(start(), [row('1')], new Memory(), IDS))).toEqual([6, false])
  })
  it('take in what was opened after they were counted, at whatever version it is first seen', () => {
    const at = (read: number): Counts =>
      new Map([['mine', { n: 5, capped: false, tree: mine, stale: false, read }]])
    const opened = Date.parse(row('1').opened_at)
    expect(told(counted(at(opened - 1), [row('1', { version: 3 })], new Memory(), IDS))).toEqual([6, false])
    expect(told(counted(at(opened), [row('1', { version: 3 })], new Memory(), IDS))).toEqual([5, true])
  })
  it('say that they may be off where it is not known what it was', () => {
    expect(told(counted(start(), [row('1', { version: 7 })], new Memory(), IDS))).toEqual([5, true])
    expect(told(counted(start(10_000, true), [row('1')], new Memory(), IDS))).toEqual([10_000, true])
  })
  it('let go of what is out of sight, if it was ever in it', () => {
    const memory = new Memory()
    memory.learn(row('1'))
    expect(told(countedOut(start(), ['1', 'never-seen'], memory, IDS))).toEqual([4, false])
    expect(memory.get('1')).toBeUndefined()
  })
})
