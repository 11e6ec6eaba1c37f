import { computed, onScopeDispose, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { Problem } from '@/shared/api/problem'
import { readDeliveries, type Delivery, type DeliveryState } from './api'

export const STATES: readonly DeliveryState[] = ['unknown', 'dead', 'waiting', 'sending', 'sent', 'given_up']
/** What waits for somebody's decision. */
export const OPEN_STATES: readonly DeliveryState[] = ['unknown', 'dead']
const PAGE = 50

export interface Deliveries {
  items: ShallowRef<readonly Delivery[]>
  reading: Ref<boolean>
  problem: ShallowRef<Problem | null>
  hasMore: ComputedRef<boolean>
  read: () => Promise<void>
  more: () => Promise<void>
  /** One as it is after a decision; it stays where it stood. */
  put: (now: Delivery) => void
}

/** Deliveries in a state (empty: all), newest first. In a component's set-up. */
export function useDeliveries(state: Ref<string>): Deliveries {
  const items = shallowRef<readonly Delivery[]>([])
  const reading = ref(false)
  const problem = shallowRef<Problem | null>(null)
  const isWhole = ref(true)
  let turn = 0

  async function take(after: string | null): Promise<void> {
    const mine = ++turn
    reading.value = true
    problem.value = null
    if (after === null) items.value = []
    try {
      const page = await readDeliveries(STATES.find((one) => one === state.value) ?? '', after)
      if (mine !== turn) return
      items.value = [...items.value, ...page]
      isWhole.value = page.length < PAGE
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
    hasMore: computed(() => !isWhole.value),
    read: () => take(null),
    more: async () => {
      const last = items.value.at(-1)
      if (last && !reading.value) await take(last.id)
    },
    put(now) {
      items.value = items.value.map((one) => (one.id === now.id ? now : one))
    },
  }
}
