import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { api, ask, type Schema } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'
import { useWriting } from '@/shared/api/writing'

export type Wishes = Schema['CustomerWishesView']
export type Way = 'email' | 'sms'

export interface KeptWishes {
  wishes: ShallowRef<Wishes | null>
  /** Why they cannot be read. */
  unread: ShallowRef<Problem | null>
  /** Why the switch was refused. */
  problem: ShallowRef<Problem | null>
  busy: Ref<boolean>
  /** The way that was just switched and is kept. */
  kept: Ref<Way | null>
  read: () => Promise<void>
  /** Switch one way; it stands as it was where the desk refuses. */
  set: (way: Way, on: boolean) => Promise<void>
}

/** Where the customer is told of progress. Each switch is kept at once. */
export function useWishes(): KeptWishes {
  const wishes = shallowRef<Wishes | null>(null)
  const unread = shallowRef<Problem | null>(null)
  const kept = ref<Way | null>(null)
  const { busy, problem, run } = useWriting()

  const read = async (): Promise<void> => {
    unread.value = null
    try {
      wishes.value = await ask(api.GET('/api/v1/portal/preferences'))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      unread.value = error
    }
  }
  const set = async (way: Way, on: boolean): Promise<void> => {
    const before = wishes.value
    if (!before || busy.value) return
    kept.value = null
    const body = { email: before.email, sms: before.sms, [way]: on }
    wishes.value = { ...before, [way]: on }
    const found = await run(body, () => ask(api.PUT('/api/v1/portal/preferences', { body })))
    wishes.value = found ?? before
    if (found) kept.value = way
  }
  void read()
  return { wishes, unread, problem, busy, kept, read, set }
}
