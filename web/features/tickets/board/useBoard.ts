import {
  computed,
  onScopeDispose,
  ref,
  shallowRef,
  watch,
  type ComputedRef,
  type Ref,
  type ShallowRef,
} from 'vue'
import { live } from '@/shared/api/live'
import { Problem } from '@/shared/api/problem'
import { language } from '@/shared/i18n'
import { readBoard, type Board, type BoardRow } from './reading'
import { difference, inPlace, type Difference } from './board'

/** What falls due next. What a change brings waits until it is asked for, or is shown at once where one wants that. */
export interface OpenBoard {
  rows: ShallowRef<readonly BoardRow[]>
  counts: ComputedRef<Board['counts'] | null>
  changes: ComputedRef<Difference>
  reading: Ref<boolean>
  problem: ShallowRef<Problem | null>
  read: () => Promise<void>
  show: () => void
}
export interface Wanted {
  within: Ref<number>
  team: Ref<string>
  /** Show what comes in at once: a board on the wall. */
  follows: Ref<boolean>
}

/** Changes that come close together are read once. */
const GATHER_MS = 3_000
/** What was far becomes near by itself. */
const EVERY_MS = 60_000

/** In a component's set-up. */
export function useBoard({ within, team, follows }: Wanted): OpenBoard {
  const rows = shallowRef<readonly BoardRow[]>([])
  const latest = shallowRef<Board | null>(null)
  const reading = ref(false)
  const problem = shallowRef<Problem | null>(null)
  let turn = 0
  let timer = 0

  async function read(anew = false): Promise<void> {
    plan(EVERY_MS)
    const mine = ++turn
    reading.value = true
    try {
      const found = await readBoard(within.value, team.value)
      if (mine !== turn) return
      latest.value = found
      problem.value = null
      rows.value = anew || follows.value ? found.items : inPlace(rows.value, found.items)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (mine === turn) problem.value = error
    } finally {
      if (mine === turn) reading.value = false
    }
  }
  let planned = Infinity
  function plan(ms: number): void {
    window.clearTimeout(timer)
    planned = Date.now() + ms
    timer = window.setTimeout(() => void (document.hidden ? plan(EVERY_MS) : read()), ms)
  }
  function soon(withinMs = GATHER_MS): void {
    const ms = withinMs * (0.5 + Math.random() / 2)
    if (Date.now() + ms < planned) plan(ms)
  }
  function show(): void {
    if (latest.value) rows.value = latest.value.items
  }

  const stream = live()
  let opened = stream.connected.value
  const offs = [
    stream.on('tickets', () => soon()),
    stream.on('again', () => soon()),
    stream.on('open', () => {
      if (opened) soon()
      opened = true
    }),
  ]
  const seen = (): void => {
    if (!document.hidden) soon()
  }
  document.addEventListener('visibilitychange', seen)
  onScopeDispose(() => {
    offs.forEach((off) => off())
    turn++
    window.clearTimeout(timer)
    document.removeEventListener('visibilitychange', seen)
  })
  watch([within, team, language], () => void read(true), { immediate: true })
  watch(follows, (now) => now && show())

  return {
    rows,
    counts: computed(() => latest.value?.counts ?? null),
    changes: computed(() => (latest.value ? difference(rows.value, latest.value.items) : { news: 0, others: 0 })),
    reading,
    problem,
    read: () => read(true),
    show,
  }
} // prettier-ignore
