import { computed, inject, onScopeDispose, provide, ref, shallowRef, watch, type ComputedRef, type InjectionKey, type Ref, type ShallowRef } from 'vue' // prettier-ignore
import { api, ask, type Schema } from '@/shared/api/client'
import { lost, may } from '@/features/identity/session'

export type Allowance = Schema['Allowance']
export type Reason = Schema['LookReason']

/** A masked place: a value of a text or contact by its id, or a field of the ticket by its code. */
export interface Masked {
  by: 'value' | 'field'
  code: string
  kind: string
  /** It stands in what somebody wrote, where a number may be taken for personal that is none. */
  inWords?: boolean
}

/** A value in clear, until a moment of this browser's clock (ms). */
export interface Clear {
  value: string
  until: number
}

/** Values shown in clear on one open ticket: here alone, and only for their minutes. */
export interface Unmasking {
  mayAsk: ComputedRef<boolean>
  /** What somebody wants to see; its dialog is open. */
  wanted: ShallowRef<Masked | null>
  /** What somebody says is nobody's; its dialog is open. */
  releasing: ShallowRef<Masked | null>
  mayRelease: (masked: Masked) => boolean
  /** Say of it that it is nobody's, in place of seeing it. */
  release: (masked: Masked) => void
  /** What changed, for who cannot see it. */
  said: Ref<string>
  clear: (masked: Masked) => Clear | null
  want: (masked: Masked) => void
  /** Nothing is wanted any more; an answer on its way shows nothing. */
  turnAway: () => void
  allowance: () => Promise<Allowance>
  /** Ask the desk for what is wanted. Throws Problem. */
  send: (reason: Reason, minutes: number) => Promise<void>
  hide: (masked: Masked) => void
  hideAll: () => void
}

const KEY: InjectionKey<Unmasking> = Symbol('unmasking')
const MINUTE_MS = 60_000

/** Open the place for values in clear; they are gone with the component, the session and the sight of the page. */
export function provideUnmask(ticketId: ComputedRef<string>): Unmasking {
  const made = useUnmask(ticketId)
  provide(KEY, made)
  return made
}

/** Where values of this ticket may be shown; null on pages where none is. */
export function injectUnmask(): Unmasking | null {
  return inject(KEY, null)
}

export function useUnmask(ticketId: ComputedRef<string>): Unmasking {
  const shown = shallowRef<ReadonlyMap<string, Clear>>(new Map())
  const wanted = shallowRef<Masked | null>(null)
  const releasing = shallowRef<Masked | null>(null)
  let timer = 0

  function keep(next: ReadonlyMap<string, Clear>): void {
    shown.value = next
    window.clearTimeout(timer)
    const first = Math.min(...[...next.values()].map((one) => one.until))
    if (Number.isFinite(first)) timer = window.setTimeout(drop, Math.max(0, first - Date.now()))
  }
  function drop(): void {
    keep(new Map([...shown.value].filter(([, one]) => one.until > Date.now())))
  }
  function hideAll(): void {
    wanted.value = null
    releasing.value = null
    keep(new Map())
  }
  function whenUnseen(): void {
    if (document.hidden) hideAll()
  }

  function release(masked: Masked): void {
    wanted.value = null
    releasing.value = masked
  }

  async function send(reason: Reason, minutes: number): Promise<void> {
    const one = wanted.value
    if (!one) return
    const of = one.by === 'field' ? { fields: [one.code] } : { value_ids: [one.code] }
    const answer = await ask(
      api.POST('/api/v1/tickets/{id}/unmask', {
        params: { path: { id: ticketId.value } },
        body: { ...of, reason, minutes },
      }),
    )
    // Somebody who left meanwhile, or turned to something else, is shown nothing.
    if (wanted.value !== one) return
    const now = Date.now()
    const next = new Map(shown.value)
    for (const value of answer.values) {
      // A clock that is wrong here must not show it for longer than was asked.
      const until = Math.min(Date.parse(value.until), now + minutes * MINUTE_MS)
      next.set(keyOf(one), { value: value.value, until })
    }
    wanted.value = null
    keep(next)
  }

  document.addEventListener('visibilitychange', whenUnseen)
  window.addEventListener('pagehide', hideAll)
  watch([lost, ticketId], hideAll)
  onScopeDispose(() => {
    document.removeEventListener('visibilitychange', whenUnseen)
    window.removeEventListener('pagehide', hideAll)
    hideAll()
  })

  return {
    mayAsk: computed(() => may('value.unmask')),
    wanted,
    releasing,
    mayRelease: (masked) => masked.inWords === true && may('hit.release'),
    release,
    said: ref(''),
    clear: (masked) => shown.value.get(keyOf(masked)) ?? null,
    want: (masked) => void (wanted.value = masked),
    turnAway: () => void (wanted.value = releasing.value = null),
    allowance: () => ask(api.GET('/api/v1/looks/allowance')),
    send,
    hide: (masked) => keep(new Map([...shown.value].filter(([key]) => key !== keyOf(masked)))),
    hideAll,
  }
}

function keyOf(masked: Masked): string {
  return `${masked.by} ${masked.code}`
}
