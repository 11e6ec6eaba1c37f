import { nextTick, ref } from 'vue'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '@/shared/api/problem'
import type { Draft } from '@/features/tickets/ticket/drafts'
import { close, eachTime, FIRST, settle, setUp, stands, tell, told } from './fakeDesk'
import { aTicket, anEntry } from './made'

const sent = vi.hoisted(() => ({ calls: [] as { body: unknown; key: string }[] }))
vi.mock('@/shared/api/live', async () => (await import('./fakeDesk')).live)
vi.mock('@/features/tickets/ticket/reading', async () => (await import('./fakeDesk')).reading)
vi.mock('@/features/tickets/ticket/commands', () => ({
  command: (_: string, __: string, body: unknown, key: string) => {
    sent.calls.push({ body, key })
    return told.act()
  },
}))
vi.mock('@/features/tickets/ticket/drafts', async () => (await import('./fakeDesk')).drafts)

const { useTicket } = await import('@/features/tickets/ticket/useTicket')
const { useComposer } = await import('@/features/tickets/ticket/useComposer')
const { useDialogs } = await import('@/features/tickets/ticket/useDialogs')
const { useNews } = await import('@/features/tickets/ticket/useNews')

interface Opened {
  ticket: ReturnType<typeof useTicket>
  composer: ReturnType<typeof useComposer>
  dialogs: ReturnType<typeof useDialogs>
  news: ReturnType<typeof useNews>
  spent: string[]
}
async function open(): Promise<Opened> {
  const made = setUp(() => {
    const ticket = useTicket(ref('1000000001'))
    const composer = useComposer(ticket)
    const spent: string[] = []
    const dialogs = useDialogs({
      open: ticket,
      asker: { may: () => true, login: 'agent' },
      nameOf: (login) => login,
      elsewhere: {},
      said: () => undefined,
      spent: (id) => spent.push(id),
    })
    const scrolling = { toEnd: () => undefined, toEntry: () => undefined }
    const news = useNews(ticket, ref(false), scrolling, composer.seen)
    return { ticket, composer, dialogs, news, spent }
  })
  await settle()
  return made
}
const outstanding: (() => void)[] = []
/** The desk's answer, given by hand. */
function held(): { answer: () => Promise<void>; refuse: () => Promise<void> } {
  let resolve: (answer: unknown) => void = () => undefined
  let reject: (why: unknown) => void = () => undefined
  const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]))
  outstanding.push(() => resolve(told.ticket))
  told.act = () => promise
  return {
    answer: () => {
      stands({ version: 4 }, [...FIRST, anEntry(4)])
      resolve(told.ticket)
      return settle()
    },
    refuse: () => {
      reject(new Problem(0, null))
      return settle()
    },
  }
}
function asksBefore(): boolean {
  const event = new Event('beforeunload', { cancelable: true })
  window.dispatchEvent(event)
  return event.defaultPrevented
}
eachTime()
afterEach(async () => {
  outstanding.splice(0).forEach((answer) => answer())
  await settle()
})

describe('words that are being sent', () => {
  async function begin(): Promise<Opened> {
    sent.calls = []
    const made = await open()
    made.composer.write('记一下')
    await nextTick()
    return made
  }

  it('are gone where one left before the answer came', async () => {
    const desk = held()
    const { composer } = await begin()
    void composer.send()
    close()
    await desk.answer()
    expect((await open()).composer.text.value).toBe('')
  })

  it('are gone for who is back before the answer, too', async () => {
    const desk = held()
    const { composer } = await begin()
    void composer.send()
    close()
    const again = await open()
    expect(again.composer.text.value).toBe('记一下')
    await desk.answer()
    expect(again.composer.text.value).toBe('')
  })

  it('are the same intention for who comes back after a lost answer', async () => {
    const desk = held()
    const { composer } = await begin()
    void composer.send()
    close()
    await desk.refuse()
    const again = await open()
    held()
    void again.composer.send()
    await settle()
    expect(sent.calls.length).toBe(2)
    expect(sent.calls[1]).toEqual(sent.calls[0])
  })

  it('take nothing with them that was typed meanwhile', async () => {
    const desk = held()
    const { composer } = await begin()
    const said = composer.send()
    composer.write('记一下，还有这句')
    await desk.answer()
    expect(await said).toBe(true)
    expect(composer.text.value).toBe('，还有这句')
    held()
    void composer.send()
    expect(sent.calls[1]?.key).not.toBe(sent.calls[0]?.key)
    expect(sent.calls[1]?.body).toEqual({ version: 4, body: '，还有这句' })
  })

  it('are asked for before the window closes, until they are kept', async () => {
    const { composer } = await begin()
    expect(asksBefore()).toBe(true)
    await vi.advanceTimersByTimeAsync(1600)
    await settle()
    expect(composer.keeping.state.value).toBe('saved')
    expect(asksBefore()).toBe(false)
  })

  it('are not called kept where more was typed since', async () => {
    const { composer } = await begin()
    await vi.advanceTimersByTimeAsync(1600)
    await settle()
    composer.write('记一下，又多一句')
    close()
    expect(asksBefore()).toBe(true)
    const again = await open()
    expect(again.composer.keeping.state.value).toBe('waiting')
    await vi.advanceTimersByTimeAsync(1600)
    await settle()
    expect(told.kept.at(-1)).toBe('记一下，又多一句')
  })
})

describe('a dialog opened again', () => {
  it('holds what the ticket holds now where nothing was changed', async () => {
    stands({ assignee: null }, FIRST)
    const { dialogs } = await open()
    await dialogs.start('assign')
    dialogs.close()
    stands({ assignee: 'colleague', version: 4 }, [...FIRST, anEntry(4)])
    tell(4)
    await settle()
    await dialogs.start('assign')
    expect(dialogs.values.value['assign']).toEqual({ assignee: 'colleague' })
    expect(dialogs.top.value?.version).toBe(4)
  })

  it('lays what was changed over it, and keeps the version where both changed the same', async () => {
    stands({ assignee: null }, FIRST)
    const { dialogs } = await open()
    await dialogs.start('assign')
    dialogs.keep('assign', { assignee: '', reason: '他熟悉' })
    dialogs.close()
    stands({ assignee: 'colleague', version: 4 }, [...FIRST, anEntry(4)])
    tell(4)
    await settle()
    await dialogs.start('assign')
    expect(dialogs.values.value['assign']).toEqual({ assignee: 'colleague', reason: '他熟悉' })
    dialogs.keep('assign', { assignee: 'me', reason: '他熟悉' })
    dialogs.close()
    stands({ assignee: 'third', version: 5 }, [...told.entries, anEntry(5)])
    tell(5)
    await settle()
    await dialogs.start('assign')
    expect(dialogs.values.value['assign']).toEqual({ assignee: 'me', reason: '他熟悉' })
    expect(dialogs.top.value?.version).toBe(4)
  })

  it('has its words after another page, and its defaults after they were thrown away', async () => {
    const first = await open()
    await first.dialogs.start('resolve')
    first.dialogs.keep('resolve', { outcome: 'declined', resolution: '不予受理' })
    first.dialogs.close()
    close()
    const again = await open()
    await again.dialogs.start('resolve')
    expect(again.dialogs.values.value['resolve']).toEqual({ outcome: 'declined', resolution: '不予受理' })
    expect(asksBefore()).toBe(true)
    again.dialogs.throwAway('resolve')
    expect(again.dialogs.top.value).toBeNull()
    await again.dialogs.start('resolve')
    expect(again.dialogs.values.value['resolve']).toEqual({ outcome: 'solved' })
  })

  it('uses up the draft it was taken from', async () => {
    const { dialogs, spent } = await open()
    const draft: Draft = { id: 'old', ticket_id: aTicket().id, number: aTicket().number, reason: 'saved', verb: 'resolve', body: '已退款', created_at: '2026-11-20T02:00:00Z', destroyed: [], notices: [] } // prettier-ignore
    dialogs.takeUp(draft)
    expect(dialogs.values.value['resolve']).toEqual({ outcome: 'solved', resolution: '已退款' })
    dialogs.finish('resolve')
    expect(spent).toEqual(['old'])
  })
})

it('what one did oneself is no news, also where the stream is faster than the answer', async () => {
  const desk = held()
  const { ticket, news } = await open()
  const done = ticket.act('note', { version: 3, body: '记一下' })
  stands({ version: 4 }, [...FIRST, anEntry(4)])
  tell(4)
  await settle()
  expect(news.fresh.value).toEqual([])
  expect(told.reads).toBe(0)
  await desk.answer()
  expect((await done).ok).toBe(true)
  await settle()
  expect(ticket.entries.value.at(-1)?.seq).toBe(4)
  expect(news.fresh.value).toEqual([])
})
