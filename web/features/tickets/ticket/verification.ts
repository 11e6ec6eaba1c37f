import { computed, onScopeDispose, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'
import { api, ask, type Schema } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'
import type { OpenTicket } from './useTicket'

export type Verification = Schema['VerificationView']
export type Attempt = Schema['RecordVerification']
export type Method = Attempt['method']
export type MethodChannel = Attempt['channel']

export const METHODS: readonly Method[] = [
  'knowledge', 'sms', 'ivr_password', 'host_app', 'face', 'video', 'document',
] // prettier-ignore
export const CHANNELS: readonly MethodChannel[] = ['phone', 'counter', 'video', 'app', 'portal', 'chat']
/** What still counts once it failed twice in one contact. */
const IN_PERSON: readonly Method[] = ['video', 'document']
/** As the desk takes it: an id that begins with a letter, no sentence and no code. */
const REFERENCE = /^[A-Za-z][A-Za-z0-9._:-]{3,63}$/

/** Methods one may still try. */
export function methodsOf(verification: Pick<Verification, 'in_person_only'>): readonly Method[] {
  return verification.in_person_only ? IN_PERSON : METHODS
}
/** Levels a method can reach, best first; none where it failed. */
export function levelsOf(most: Readonly<Record<string, number>>, method: Method, passed: boolean): number[] {
  const best = passed ? (most[method] ?? 0) : 0
  return Array.from({ length: best }, (_, index) => best - index)
}
export function isReference(text: string): boolean {
  return text === '' || REFERENCE.test(text)
}
/** What the ticket's next steps ask for beyond the level there is: each need that is not met, and how much it asks. */
export function lackingOf(
  verification: Verification,
): { what: 'disclose' | 'change' | 'resolve'; need: number }[] {
  const { disclose, change, resolve } = verification.needs
  const told = [
    { what: 'disclose' as const, need: disclose, have: verification.level },
    { what: 'change' as const, need: change, have: verification.level },
    { what: 'resolve' as const, need: resolve, have: verification.ever },
  ]
  return told.filter((one) => one.have < one.need).map(({ what, need }) => ({ what, need }))
}

const of = (id: string) => ({ params: { path: { id } } })

export function readVerification(id: string): Promise<Verification> {
  return ask(api.GET('/api/v1/tickets/{id}/verifications', of(id)))
}
export function recordAttempt(id: string, body: Attempt, key: string): Promise<Verification> {
  const params = { path: { id }, header: { 'Idempotency-Key': key } }
  return ask(api.POST('/api/v1/tickets/{id}/verifications', { params, body }))
}

/** How the customer of an open ticket is verified; read again when the ticket changes and when the level ends. */
export function useVerification(open: OpenTicket): {
  now: ShallowRef<Verification | null>
  lacking: ComputedRef<ReturnType<typeof lackingOf>>
  read: () => Promise<void>
} {
  const now = shallowRef<Verification | null>(null)
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function read(): Promise<void> {
    const id = open.id.value
    if (id === '') return
    const mine = ++turn
    try {
      const found = await readVerification(id)
      if (mine !== turn) return
      now.value = found
      clearTimeout(timer)
      const left = found.holds_until ? Date.parse(found.holds_until) - Date.now() : 0
      if (left > 0) timer = setTimeout(() => void read(), left + 1000)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (mine === turn) now.value = null
    }
  }
  watch([open.id, () => open.ticket.value?.version], () => void read(), { immediate: true })
  onScopeDispose(() => {
    turn++
    clearTimeout(timer)
  })
  return { now, lacking: computed(() => (now.value ? lackingOf(now.value) : [])), read }
}
