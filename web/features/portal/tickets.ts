import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { api, ask, type Schema } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'
import { language } from '@/shared/i18n'
import { useChanges } from './live'

export type Row = Schema['PortalRow']
const A_PAGE = 20

interface Tickets {
  /** Those that wait for the customer. */
  waiting: ComputedRef<Row[]>
  /** All others, newest first. */
  others: ComputedRef<Row[]>
  loaded: Ref<boolean>
  problem: Ref<Problem | null>
  hasMore: ComputedRef<boolean>
  busy: Ref<boolean>
  read: () => Promise<void>
  more: () => Promise<void>
}

/** All tickets of the customer: the newest page at first, more when asked for, and changes as they come. */
export function useTickets(): Tickets {
  const rows = shallowRef<Row[]>([])
  const next = ref<string | null>(null)
  const loaded = ref(false)
  const busy = ref(false)
  const problem = shallowRef<Problem | null>(null)

  const page = async (after: string | null): Promise<void> => {
    busy.value = true
    try {
      const query = { limit: A_PAGE, ...(after ? { after } : {}) }
      const found = await ask(api.GET('/api/v1/portal/tickets', { params: { query } }))
      if (after !== null || !loaded.value) next.value = found.next
      rows.value = merged(rows.value, found.items)
      loaded.value = true
      problem.value = null
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problem.value = error
    } finally {
      busy.value = false
    }
  }
  useChanges(() => void page(null))
  watch(language, () => {
    rows.value = []
    loaded.value = false
    void page(null)
  })
  void page(null)
  return {
    waiting: computed(() => rows.value.filter((row) => row.needs_you)),
    others: computed(() => rows.value.filter((row) => !row.needs_you)),
    loaded,
    problem,
    busy,
    hasMore: computed(() => next.value !== null),
    read: () => page(null),
    more: () => page(next.value),
  }
}

/** The rows known, with what was read in place of what it was; newest first (ids grow with time). */
export function merged(known: readonly Row[], read: readonly Row[]): Row[] {
  const byId = new Map([...known, ...read].map((row) => [row.id, row]))
  return [...byId.values()].sort((one, other) => (one.id < other.id ? 1 : -1))
}
