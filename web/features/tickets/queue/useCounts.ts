import { onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { api, ask } from '@/shared/api/client'
import { live } from '@/shared/api/live'
import { Problem } from '@/shared/api/problem'
import { counted, countedOut, type Counted, type Counts } from './counts'
import type { Ids, Tree } from './filter'
import { memory } from './memory'
import { pushedOf } from './pushed'

export interface CountedView {
  id: string
  tree: () => Tree | null
}

const A_SECOND_MS = 1_000
const FIRST_MS = 600
const LEAST_MS = 30_000
const LONGEST_MS = 300_000

/**
 * How many tickets each view holds. Read once, then kept right by what is pushed; only what cannot be told is read again:
 * at most every 30 s, more rarely the longer it goes on, never while nobody looks.
 */
export function useCounts(
  views: ComputedRef<CountedView[]>,
  ids: Ids,
): { counts: ShallowRef<Counts>; looking: Ref<boolean> } {
  const counts = shallowRef<Counts>(new Map())
  const looking = ref(true)
  let pause = LEAST_MS
  let timer = 0
  let lastRead = 0

  const off = live().on('tickets', (data) => {
    const { rows, gone } = pushedOf(data)
    counts.value = countedOut(counted(counts.value, rows, memory, ids), gone, memory, ids)
    // After a quiet time one begins anew.
    if (timer === 0 && Date.now() - lastRead > LONGEST_MS) pause = LEAST_MS
    if (timer === 0 && [...counts.value.values()].some((one) => one.stale)) plan(pause * (1 + Math.random()))
  })
  watch(
    () => views.value.map((one) => one.id).join(),
    () => plan(FIRST_MS),
    { immediate: true },
  )
  watch(looking, (isLooking) => isLooking && plan(FIRST_MS))
  document.addEventListener('visibilitychange', seen)
  onScopeDispose(() => {
    off()
    window.clearTimeout(timer)
    document.removeEventListener('visibilitychange', seen)
  })

  function seen(): void {
    if (document.hidden || timer !== 0) return
    pause = LEAST_MS
    plan(LEAST_MS * Math.random())
  }

  function plan(ms: number): void {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void read(), ms)
  }

  async function read(): Promise<void> {
    timer = 0
    if (document.hidden || !looking.value) return
    let isOff = false
    for (const view of views.value) {
      const known = counts.value.get(view.id)
      if (known && !known.stale) continue
      isOff ||= known !== undefined
      const found = await count(view.tree())
      if (!found) return plan((pause = Math.min(pause * 2, LONGEST_MS)))
      counts.value = new Map(counts.value).set(view.id, found)
    }
    pause = isOff ? Math.min(pause * 2, LONGEST_MS) : LEAST_MS
    lastRead = Date.now()
  }

  return { counts, looking }
}

/** When the desk answered, to the second after: its header has whole seconds. */
function momentOf(response: Response): number {
  const told = Date.parse(response.headers.get('date') ?? '')
  return (Number.isNaN(told) ? Date.now() : told) + A_SECOND_MS
}

/** Null where the desk did not say: an old number is better than an error beside it. */
async function count(tree: Tree | null): Promise<Counted | null> {
  try {
    const filter = tree ? JSON.stringify(tree) : ''
    const pending = api.GET('/api/v1/tickets/count', { params: { query: { filter } } })
    const found = await ask(pending)
    return {
      n: found.count,
      capped: found.capped,
      tree,
      stale: false,
      read: momentOf((await pending).response),
    }
  } catch (error) {
    if (error instanceof Problem) return null
    throw error
  }
}
