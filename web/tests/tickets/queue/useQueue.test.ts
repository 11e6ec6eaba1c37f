import { computed, effectScope, nextTick, ref, type EffectScope } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { endLive, live } from '@/shared/api/live'
import { parseTree, type Row } from '@/features/tickets/queue/filter'
import type { Sort } from '@/features/tickets/queue/order'
import { useQueue, type Queue } from '@/features/tickets/queue/useQueue'
import { stream, stubDesk, stubStream, type StubDesk } from '../../stubs'
import { IDS, row } from './row'

const LIST = 'GET /api/v1/tickets'
let desk: StubDesk
let scope: EffectScope
let items: Row[]
const open = parseTree({ field: 'state', in: ['following'] })
const sort = ref<Sort>('due')

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  desk = stubDesk()
  stubStream()
  items = [row('1'), row('2'), row('3')]
  desk.answers.set(LIST, () => ({ body: { items, next: null, sentence: '状态是跟进中之一' } }))
  sort.value = 'due'
  scope = effectScope()
})
afterEach(() => {
  scope.stop()
  endLive()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const reads = (): number => desk.asked.filter((one) => `${one.method} ${one.path}` === LIST).length
const ids = (queue: Queue): string[] => queue.rows.value.map((one) => one.id)

async function start(): Promise<Queue> {
  const asked = computed(() => ({ key: sort.value, tree: open, sort: sort.value }))
  const queue = scope.run(() => useQueue(asked, IDS))
  if (!queue) throw new Error('no scope')
  stream().tell('open')
  await vi.advanceTimersByTimeAsync(1)
  return queue
}

describe('the list, kept up', () => {
  it('is read once the stream stands, and one change costs no read', async () => {
    const queue = await start()
    expect([ids(queue), reads(), queue.sentence.value]).toEqual([['1', '2', '3'], 1, '状态是跟进中之一'])
    stream().tell('tickets', { rows: [row('2', { version: 2, title: 'new' }), row('0')], gone: ['3'] })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(ids(queue)).toEqual(['1', '2'])
    expect(queue.rows.value[1]?.title).toBe('new')
    expect(queue.changes.value).toEqual({ news: 1, others: 0, untold: false })
    await queue.show()
    expect(ids(queue)).toEqual(['0', '1', '2'])
    expect(reads()).toBe(1)
  })
  it('does not wait long for a stream that does not come', async () => {
    scope.run(() =>
      useQueue(
        computed(() => ({ key: 'k', tree: open, sort: 'due' })),
        IDS,
      ),
    )
    await vi.advanceTimersByTimeAsync(399)
    expect(reads()).toBe(0)
    await vi.advanceTimersByTimeAsync(2)
    expect(reads()).toBe(1)
    stream().tell('open')
    await vi.advanceTimersByTimeAsync(3_000)
    expect(reads(), 'what changed before the stream stood is read').toBe(2)
  })
  it('keeps what is pushed while a page is under way', async () => {
    const queue = await start()
    let answer = (): void => undefined
    const late = new Promise<void>((resolve) => (answer = resolve))
    desk.answers.set(LIST, async () => {
      await late
      return { body: { items, next: null, sentence: '' } }
    })
    const reading = queue.read()
    stream().tell('tickets', { rows: [row('2', { version: 9, title: 'newest' })], gone: [] })
    answer()
    await vi.advanceTimersByTimeAsync(1)
    await reading
    expect(queue.rows.value.find((one) => one.id === '2')?.title).toBe('newest')
  })
  it('reads again within the time it is told, and shows nothing by itself', async () => {
    const queue = await start()
    items = [row('0'), row('2'), row('3')]
    stream().tell('again', { within_ms: 8_000 })
    await vi.advanceTimersByTimeAsync(3_999)
    expect(reads()).toBe(1)
    await vi.advanceTimersByTimeAsync(2)
    expect([reads(), ids(queue)]).toEqual([2, ['1', '2', '3']])
    expect(queue.changes.value).toEqual({ news: 1, others: 1, untold: false })
  })
  it('reads again once after the stream was broken', async () => {
    await start()
    stream().tell('error')
    expect(live().connected.value).toBe(false)
    await vi.advanceTimersByTimeAsync(1_000)
    stream().tell('open')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(reads()).toBe(2)
  })
  it('drops the answer to a question that is no longer asked', async () => {
    const queue = await start()
    const answers: (() => void)[] = []
    desk.answers.set(LIST, async () => {
      const mine = answers.length === 0 ? [row('7')] : [row('8')]
      await new Promise<void>((resolve) => answers.push(resolve))
      return { body: { items: mine, next: null, sentence: '' } }
    })
    sort.value = '-id'
    await nextTick()
    await vi.advanceTimersByTimeAsync(1)
    sort.value = 'id'
    await nextTick()
    await vi.advanceTimersByTimeAsync(1)
    answers[1]?.()
    await vi.advanceTimersByTimeAsync(1)
    answers[0]?.()
    await vi.advanceTimersByTimeAsync(1)
    expect(ids(queue)).toEqual(['8'])
  })
  it('tries again what failed behind the page, and takes the refusal away', async () => {
    const queue = await start()
    desk.answers.set(LIST, () => ({ status: 503, body: { title: 'DatabaseBusy', detail: 'busy' } }))
    stream().tell('again', { within_ms: 10 })
    await vi.advanceTimersByTimeAsync(10)
    expect([ids(queue).length, queue.problem.value?.detail]).toEqual([3, 'busy'])
    desk.answers.set(LIST, () => ({ body: { items, next: null, sentence: '' } }))
    await queue.retry()
    expect([ids(queue).length, queue.problem.value, reads()]).toEqual([3, null, 3])
  })
  it('says why it could not be read, and is read when asked again', async () => {
    desk.answers.set(LIST, () => ({ status: 503, body: { title: 'DatabaseBusy', detail: 'busy' } }))
    const queue = await start()
    expect(queue.problem.value?.detail).toBe('busy')
    desk.answers.set(LIST, () => ({ body: { items, next: null, sentence: '' } }))
    await queue.read()
    expect([ids(queue).length, queue.problem.value]).toEqual([3, null])
  })
})
