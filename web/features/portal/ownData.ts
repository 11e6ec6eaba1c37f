import { computed, onScopeDispose, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { api, ask, type Schema } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'
import { useWriting } from '@/shared/api/writing'

export type OwnRequest = Schema['OwnRequest']

export interface OwnData {
  requests: ShallowRef<readonly OwnRequest[] | null>
  /** Why they cannot be read. */
  unread: ShallowRef<Problem | null>
  /** Why asking was refused. */
  problem: ShallowRef<Problem | null>
  busy: Ref<boolean>
  /** Nothing is being dealt with: one may ask. */
  canAsk: ComputedRef<boolean>
  read: () => Promise<void>
  send: () => Promise<void>
}

/** How often it is looked whether a file was made: granted ones take a second or two, others wait for people. */
export const MAKING_MS = 3000
export const WAITING_MS = 60_000

/** What the customer asked to be told of themselves. */
export function useOwnData(): OwnData {
  const requests = shallowRef<readonly OwnRequest[] | null>(null)
  const unread = shallowRef<Problem | null>(null)
  const { busy, problem, run } = useWriting()
  let timer: ReturnType<typeof setTimeout> | undefined
  let isOver = false

  const later = (): void => {
    clearTimeout(timer)
    const first = requests.value?.[0]?.state
    if (isOver || (first !== 'released' && first !== 'asked')) return
    timer = setTimeout(() => void read(), first === 'released' ? MAKING_MS : WAITING_MS)
  }
  const read = async (): Promise<void> => {
    unread.value = null
    try {
      requests.value = await ask(api.GET('/api/v1/portal/access-requests'))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      unread.value = error
    }
    later()
  }
  const send = async (): Promise<void> => {
    const before = requests.value?.length ?? 0
    const sent = await run(before, (key) =>
      ask(api.POST('/api/v1/portal/access-requests', { params: { header: { 'Idempotency-Key': key } } })),
    )
    if (sent) await read()
  }
  onScopeDispose(() => {
    isOver = true
    clearTimeout(timer)
  })
  void read()
  const canAsk = computed(
    () => requests.value !== null && !requests.value.some((one) => ['asked', 'released'].includes(one.state)),
  )
  return { requests, unread, problem, busy, canAsk, read, send }
}
