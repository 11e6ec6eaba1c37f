import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { Problem } from '@/shared/api/problem'
import { readEvents, type Asked, type Entry } from './api'

export interface Audit {
  items: ShallowRef<readonly Entry[]>
  reading: Ref<boolean>
  problem: ShallowRef<Problem | null>
  next: Ref<string | null>
  /** Search anew. */
  read: (asked: Asked) => Promise<void>
  more: () => Promise<void>
}

/** Events found, newest first. In a component's set-up. */
export function useAudit(): Audit {
  const items = shallowRef<readonly Entry[]>([])
  const reading = ref(false)
  const problem = shallowRef<Problem | null>(null)
  const next = ref<string | null>(null)
  let asked: Asked | null = null
  let turn = 0

  async function take(after: string | null): Promise<void> {
    if (!asked) return
    const mine = ++turn
    reading.value = true
    problem.value = null
    try {
      const page = await readEvents(asked, after)
      if (mine !== turn) return
      items.value = after === null ? page.items : [...items.value, ...page.items]
      next.value = page.next
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (mine === turn) problem.value = error
    } finally {
      if (mine === turn) reading.value = false
    }
  }
  onScopeDispose(() => {
    turn++
  })
  return {
    items,
    reading,
    problem,
    next,
    read: (wanted) => ((asked = { ...wanted }), take(null)),
    more: async () => {
      if (next.value !== null && !reading.value) await take(next.value)
    },
  }
}
