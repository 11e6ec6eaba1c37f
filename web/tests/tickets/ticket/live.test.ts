import { nextTick, ref } from 'vue'
import { describe, expect, it, vi } from 'vitest'
import { eachTime, FIRST, settle, setUp, stands, tell, told } from './fakeDesk'
import { aTicket, anEntry, words } from './made'

vi.mock('@/shared/api/live', async () => (await import('./fakeDesk')).live)
vi.mock('@/features/tickets/ticket/reading', async () => (await import('./fakeDesk')).reading)
vi.mock('@/features/tickets/ticket/commands', async () => (await import('./fakeDesk')).commands)
vi.mock('@/features/tickets/ticket/drafts', async () => (await import('./fakeDesk')).drafts)

const { useTicket } = await import('@/features/tickets/ticket/useTicket')
const { useComposer } = await import('@/features/tickets/ticket/useComposer')
const { useNews } = await import('@/features/tickets/ticket/useNews')

interface Opened {
  ticket: ReturnType<typeof useTicket>
  composer: ReturnType<typeof useComposer>
  news: ReturnType<typeof useNews>
  ends: () => number
}
function open(): Opened {
  return setUp(() => {
    const ticket = useTicket(ref('1000000001'))
    const composer = useComposer(ticket)
    let ends = 0
    const scrolling = { toEnd: () => (ends += 1), toEntry: () => undefined }
    const news = useNews(ticket, ref(false), scrolling, composer.seen)
    return { ticket, composer, news, ends: () => ends }
  })
}
eachTime()

describe('a ticket that changes while it is open', () => {
  it('reads only what is new, and adds it below without loss', async () => {
    const { ticket, news } = open()
    await settle()
    const kept = ticket.entries.value[0]
    stands({ version: 5 }, [...FIRST, anEntry(4), anEntry(5)])
    tell(5)
    await settle()
    expect(told.afters).toEqual([3])
    expect(ticket.entries.value.map((entry) => entry.seq)).toEqual([1, 2, 3, 4, 5])
    expect(ticket.entries.value[0]).toBe(kept)
    expect(news.fresh.value.map((entry) => entry.seq)).toEqual([4, 5])
  })

  it('reads nothing for a version it has, another ticket, or an odd event', async () => {
    open()
    await settle()
    tell(3)
    told.listeners.get('tickets')?.({ rows: [{ id: 'other', version: 9 }], gone: ['third'] })
    told.listeners.get('tickets')?.('odd')
    await settle()
    expect(told.reads).toBe(0)
  })

  it('answers a burst of events by two readings at most, and ends at the newest', async () => {
    const { ticket } = open()
    await settle()
    stands({ version: 9 }, [...FIRST, anEntry(9)])
    for (let version = 4; version <= 9; version += 1) tell(version)
    await settle()
    expect(told.reads).toBeLessThanOrEqual(2)
    expect(ticket.ticket.value?.version).toBe(9)
  })

  it('keeps what is typed, and the version it rests on, until the news was looked at', async () => {
    const { ticket, composer } = open()
    await settle()
    composer.write('我们正在核实')
    await nextTick()
    stands({ version: 4 }, [
      ...FIRST,
      anEntry(4, { kind: 'ticket.received', message: words('customer', '急') }),
    ])
    tell(4)
    await settle()
    const sent: unknown[] = []
    ticket.act = (...args: unknown[]) => {
      sent.push(args[1])
      return Promise.resolve({ ok: true as const, ticket: aTicket({ version: 5 }) })
    }
    expect(composer.text.value).toBe('我们正在核实')
    await composer.send()
    expect(sent).toEqual([{ version: 3, body: '我们正在核实' }])
  })

  it('tells who has it now where somebody else changed it, and not where one did so oneself', async () => {
    const { ticket } = open()
    await settle()
    stands({ version: 4, assignee: 'lead' }, [...FIRST, anEntry(4)])
    tell(4)
    await settle()
    expect(ticket.handed.value).toEqual({ from: 'agent', to: 'lead' })
    told.act = () => {
      stands({ version: 5, assignee: 'agent' }, [...FIRST, anEntry(4), anEntry(5)])
      return Promise.resolve(told.ticket)
    }
    await ticket.act('claim', { version: 4 })
    expect(ticket.handed.value).toBeNull()
  })

  it('shows at once what one did oneself, and counts it as no news', async () => {
    const { ticket, news, ends } = open()
    await settle()
    const before = ends()
    told.act = () => {
      stands({ version: 4 }, [...FIRST, anEntry(4)])
      return Promise.resolve(told.ticket)
    }
    await ticket.act('note', { version: 3, body: '记一下' })
    await settle()
    expect(news.fresh.value).toEqual([])
    expect(ends()).toBe(before + 1)
  })

  it('stays as it is when it goes out of sight, and says so', async () => {
    const { ticket, composer } = open()
    await settle()
    composer.write('还没发')
    told.ticket = null
    told.listeners.get('tickets')?.({ rows: [], gone: [aTicket().id] })
    await settle()
    expect(ticket.goneNow.value).toBe(true)
    expect(ticket.stage.value).toBe('ready')
    expect(composer.text.value).toBe('还没发')
  })

  it('is read again once after the stream came back', async () => {
    const { ticket } = open()
    await settle()
    stands({ version: 4 }, [...FIRST, anEntry(4)])
    told.listeners.get('open')?.(null)
    told.listeners.get('again')?.({ within_ms: 400 })
    await vi.advanceTimersByTimeAsync(1000)
    await settle()
    expect(told.reads).toBe(1)
    expect(ticket.ticket.value?.version).toBe(4)
  })
})
