import { nextTick, ref } from 'vue'
import { describe, expect, it, vi } from 'vitest'
import { Problem } from '@/shared/api/problem'
import { close, eachTime, FIRST, settle, setUp, stands, told } from './fakeDesk'
import { anEntry, words } from './made'

vi.mock('@/shared/api/live', async () => (await import('./fakeDesk')).live)
vi.mock('@/features/tickets/ticket/reading', async () => (await import('./fakeDesk')).reading)
vi.mock('@/features/tickets/ticket/commands', async () => (await import('./fakeDesk')).commands)
vi.mock('@/features/tickets/ticket/drafts', async () => (await import('./fakeDesk')).drafts)

const { useTicket } = await import('@/features/tickets/ticket/useTicket')
const { useComposer } = await import('@/features/tickets/ticket/useComposer')

interface Opened {
  ticket: ReturnType<typeof useTicket>
  composer: ReturnType<typeof useComposer>
}
function open(): Opened {
  return setUp(() => {
    const ticket = useTicket(ref('1000000001'))
    return { ticket, composer: useComposer(ticket) }
  })
}
eachTime()

describe('an answer that comes too late', () => {
  const stale = (): Problem =>
    new Problem(409, {
      title: 'StaleWrite',
      detail: '工单在您读取后已被改动',
      version: 4,
      draft_id: 'kept-by-desk',
      changes: [
        { seq: 4, at: '2026-11-20T03:00:00Z', kind: 'ticket.replied', actor_id: 'x', message: 'reply' },
      ],
    })

  async function collide(): Promise<Opened> {
    const made = open()
    await settle()
    made.composer.write('我来答复')
    await nextTick()
    told.act = () => {
      stands({ version: 4 }, [...FIRST, anEntry(4, { kind: 'ticket.replied', actor: '周敏例', message: words('reply', '同事已答复') })]) // prettier-ignore
      return Promise.reject(stale())
    }
    expect(await made.composer.send()).toBe(false)
    return made
  }

  it('shows both texts', async () => {
    const { composer } = await collide()
    const conflict = composer.conflict.value
    expect(conflict?.mine).toBe('我来答复')
    expect(conflict?.messages.map((entry) => entry.message)).toEqual([words('reply', '同事已答复')])
    expect(conflict?.changed.map((one) => [one.seq, one.entry?.actor])).toEqual([[4, '周敏例']])
    expect(composer.text.value).toBe('我来答复')
    expect(composer.problem.value).toBeNull()
  })

  it('goes out with the new version once both were read, and leaves no draft', async () => {
    const { composer, ticket } = await collide()
    let sent: unknown
    told.act = () => {
      stands({ version: 5 }, [...told.entries, anEntry(5)])
      return Promise.resolve(told.ticket)
    }
    const act = ticket.act
    ticket.act = (verb, body, ...rest) => {
      sent = body
      return act(verb, body, ...rest)
    }
    expect(await composer.sendAnyway()).toBe(true)
    await settle()
    expect(sent).toEqual({ version: 4, body: '我来答复' })
    expect(composer.text.value).toBe('')
    expect(composer.conflict.value).toBeNull()
    expect(told.dropped).toContain('kept-by-desk')
  })

  it('can be edited: the words come back, and rest on what was read', async () => {
    const { composer } = await collide()
    composer.editAgain()
    expect(composer.conflict.value).toBeNull()
    expect(composer.text.value).toBe('我来答复')
  })

  it('can be kept as the draft the desk has, or thrown away with it', async () => {
    const kept = await collide()
    await kept.composer.keepAsDraft()
    expect(kept.composer.text.value).toBe('')
    expect(told.dropped).not.toContain('kept-by-desk')
    close()
    stands({}, FIRST)
    const thrown = await collide()
    await thrown.composer.throwAway()
    expect(thrown.composer.text.value).toBe('')
    expect(told.dropped).toContain('kept-by-desk')
  })

  it('keeps the words in every other refusal', async () => {
    const { composer } = open()
    await settle()
    composer.write('写好的话')
    await nextTick()
    told.act = () => Promise.reject(new Problem(0, null))
    expect(await composer.send()).toBe(false)
    expect(composer.text.value).toBe('写好的话')
    expect(composer.problem.value?.unreachable).toBe(true)
  })
})

describe('drafts', () => {
  it('wait for who comes back to the ticket, and for nobody else', async () => {
    const first = open()
    await settle()
    first.composer.write('半句话')
    close()
    const again = open()
    await settle()
    expect(again.composer.text.value).toBe('半句话')
  })

  it('are kept once the writer pauses, one at a time', async () => {
    const { composer } = open()
    await settle()
    composer.write('一')
    await vi.advanceTimersByTimeAsync(800)
    composer.write('一二')
    await vi.advanceTimersByTimeAsync(1600)
    composer.write('一二三')
    await vi.advanceTimersByTimeAsync(1600)
    await settle()
    expect(told.kept).toEqual(['一二', '一二三'])
    expect(told.dropped).toEqual(['draft-1'])
    expect(composer.keeping.state.value).toBe('saved')
  })

  it('that cannot be kept say so, and the words stay', async () => {
    const { composer } = open()
    await settle()
    told.failDrafts = true
    composer.write('断网时写的')
    await vi.advanceTimersByTimeAsync(1600)
    await settle()
    expect(composer.keeping.state.value).toBe('failed')
    expect(composer.text.value).toBe('断网时写的')
  })
})
