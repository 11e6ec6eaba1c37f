import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { listenTogether } from '@/shared/api/listenTogether'
import type { Live } from '@/shared/api/live'

/** The browser's part, in one process: channels that tell at once, locks held in turn, streams that a test speaks for. */
class Channel {
  static all: Channel[] = []
  onmessage: ((event: { data: unknown }) => void) | null = null
  constructor(readonly name: string) {
    Channel.all.push(this)
  }
  postMessage(data: unknown): void {
    for (const one of Channel.all) if (one !== this && one.name === this.name) one.onmessage?.({ data })
  }
  close(): void {
    Channel.all = Channel.all.filter((one) => one !== this)
  }
}

class Source extends EventTarget {
  static open: Source[] = []
  constructor(readonly path: string) {
    super()
    Source.open.push(this)
  }
  close(): void {
    Source.open = Source.open.filter((one) => one !== this)
  }
  say(kind: string, data?: unknown): void {
    this.dispatchEvent(
      data === undefined ? new Event(kind) : new MessageEvent(kind, { data: JSON.stringify(data) }),
    )
  }
}

let turn: Promise<unknown>
const locks = {
  request: (_: string, { signal }: { signal: AbortSignal }, hold: () => Promise<void>): Promise<void> => {
    const mine = turn.then(() => (signal.aborted ? Promise.reject(new Error('aborted')) : hold()))
    turn = mine.catch(() => undefined)
    return mine
  },
}

beforeEach(() => {
  turn = Promise.resolve()
  Channel.all = []
  Source.open = []
  vi.stubGlobal('BroadcastChannel', Channel)
  vi.stubGlobal('EventSource', Source)
  Object.defineProperty(navigator, 'locks', { value: locks, configurable: true })
})
afterEach(() => vi.unstubAllGlobals())

const settled = (): Promise<void> => vi.waitFor(() => expect(Source.open).toHaveLength(1))
function listening(live: Live): { opened: number; told: unknown[] } {
  const heard = { opened: 0, told: [] as unknown[] }
  live.on('open', () => heard.opened++)
  live.on('tickets', (data) => heard.told.push(data))
  return heard
}

test('two tabs of a person hold one stream, and both hear it', async () => {
  const [first, second] = [listenTogether('/live', 'ann'), listenTogether('/live', 'ann')]
  const [one, other] = [listening(first), listening(second)]
  await settled()
  Source.open[0]?.say('open')
  Source.open[0]?.say('tickets', { rows: [1] })
  expect([one, other]).toEqual([
    { opened: 1, told: [{ rows: [1] }] },
    { opened: 1, told: [{ rows: [1] }] },
  ])
  expect([first.connected.value, second.connected.value]).toEqual([true, true])
})

test('a tab that comes late knows that the stream stands', async () => {
  listenTogether('/live', 'ann')
  await settled()
  Source.open[0]?.say('open')
  const late = listenTogether('/live', 'ann')
  expect(late.connected.value).toBe(true)
})

test('when the listening tab closes the next listens, and hears a reconnection', async () => {
  const first = listenTogether('/live', 'ann')
  const second = listenTogether('/live', 'ann')
  const other = listening(second)
  await settled()
  const before = Source.open[0]
  before?.say('open')
  first.close()
  await vi.waitFor(() => expect(Source.open[0] !== before && Source.open.length === 1).toBe(true))
  Source.open[0]?.say('open')
  Source.open[0]?.say('tickets', { rows: [2] })
  expect(other).toEqual({ opened: 2, told: [{ rows: [2] }] })
})

test('a stream that breaks is said to both tabs', async () => {
  const [first, second] = [listenTogether('/live', 'ann'), listenTogether('/live', 'ann')]
  await settled()
  Source.open[0]?.say('open')
  Source.open[0]?.say('error')
  expect([first.connected.value, second.connected.value]).toEqual([false, false])
  first.close()
  second.close()
})

test('another person in another tab has a stream of their own', async () => {
  listenTogether('/live', 'ann')
  await settled()
  turn = Promise.resolve() // another name is another lock
  listenTogether('/live', 'bob')
  await vi.waitFor(() => expect(Source.open).toHaveLength(2))
})

test('a browser without locks listens per tab', () => {
  Reflect.deleteProperty(navigator, 'locks')
  listenTogether('/live', 'ann')
  listenTogether('/live', 'ann')
  expect(Source.open).toHaveLength(2)
})
