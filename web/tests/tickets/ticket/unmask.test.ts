import { computed, effectScope, ref, type EffectScope } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { lost, me } from '@/features/identity/session'
import { useUnmask, type Masked, type Unmasking } from '@/features/tickets/ticket/useUnmask'
import { stubDesk, type StubDesk } from '../../stubs'

const CARD = '6222020200112230'
const card: Masked = { by: 'value', code: 'v1', kind: 'card_number' }
const field: Masked = { by: 'field', code: 'card_number', kind: 'card_number' }
const reason = { code: 'handle', text: '核对争议交易' } as const
const ticket = ref('t1')

let desk: StubDesk
let scope: EffectScope
let unmasking: Unmasking

async function see(masked: Masked, minutes = 2): Promise<void> {
  unmasking.want(masked)
  await unmasking.send(reason, minutes)
}

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-22T04:00:00Z') })
  ticket.value = 't1'
  lost.value = false
  desk = stubDesk()
  desk.answers.set('POST /api/v1/tickets/t1/unmask', () => ({
    body: {
      values: [
        { value_id: 'v1', kind: 'card_number', value: CARD, until: '2026-11-22T04:02:00Z', field: null },
      ],
      left: 99,
    },
  }))
  scope = effectScope()
  unmasking = scope.run(() => useUnmask(computed(() => ticket.value))) as Unmasking
})
afterEach(() => {
  scope.stop()
  lost.value = false
  vi.useRealTimers()
})

describe('a value in clear', () => {
  it('is asked for with its reason and shown in its place alone', async () => {
    await see(card)
    expect(desk.asked.at(-1)?.body).toEqual({ value_ids: ['v1'], reason, minutes: 2 })
    expect(unmasking.clear(card)?.value).toBe(CARD)
    expect(unmasking.clear(field)).toBeNull()
    expect(unmasking.wanted.value).toBeNull()
    await see(field)
    expect(desk.asked.at(-1)?.body).toEqual({ fields: ['card_number'], reason, minutes: 2 })
  })

  it('is masked again when its time is over', async () => {
    await see(card)
    vi.advanceTimersByTime(119_000)
    expect(unmasking.clear(card)).not.toBeNull()
    vi.advanceTimersByTime(1_001)
    expect(unmasking.clear(card)).toBeNull()
  })

  it('is shown no longer than was asked, whatever the clock here says', async () => {
    vi.setSystemTime(new Date('2026-11-22T03:00:00Z'))
    await see(card, 1)
    vi.advanceTimersByTime(60_001)
    expect(unmasking.clear(card)).toBeNull()
  })

  it.each([
    ['another ticket', () => void (ticket.value = 't2')],
    ['a session that ended', () => void (lost.value = true)],
    ['a page that is left', () => void window.dispatchEvent(new Event('pagehide'))],
    ['the component that is gone', () => scope.stop()],
  ])('is gone with %s', async (_, leave) => {
    await see(card)
    expect(unmasking.clear(card)).not.toBeNull()
    leave()
    await Promise.resolve()
    expect(unmasking.clear(card)).toBeNull()
  })

  it('is gone when the page is out of sight', async () => {
    await see(card)
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
    document.dispatchEvent(new Event('visibilitychange'))
    expect(unmasking.clear(card)).toBeNull()
    hidden.mockRestore()
  })

  it('is not shown to who turned away before it came', async () => {
    unmasking.want(card)
    const sent = unmasking.send(reason, 2)
    unmasking.turnAway()
    await sent
    expect(unmasking.clear(card)).toBeNull()
  })

  it('stands in no storage and no address', async () => {
    await see(card)
    const kept = JSON.stringify({ ...localStorage, ...sessionStorage }) + location.href
    expect(kept).not.toContain(CARD)
  })

  it('a number in words is released in place of being seen, by who may; one in a field never', () => {
    const words = { ...card, inWords: true }
    expect([unmasking.mayRelease(words), unmasking.mayRelease(card)]).toEqual([false, false])
    me.value = { id: 'm1', login: 'liu', name: '刘', language: 'zh', permissions: ['hit.release'], teams: [], csrf_token: null, sign_out_url: null } // prettier-ignore
    expect([unmasking.mayRelease(words), unmasking.mayRelease(card)]).toEqual([true, false])
    unmasking.want(words)
    unmasking.release(words)
    expect([unmasking.wanted.value, unmasking.releasing.value]).toEqual([null, words])
    unmasking.turnAway()
    expect(unmasking.releasing.value).toBeNull()
    me.value = null
  })
})
