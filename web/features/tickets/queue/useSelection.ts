import { computed, ref, watch, type ComputedRef, type Ref } from 'vue'
import type { Row } from './filter'

/** Which line one is on, and which lines are selected. Lines that go are no longer selected. */
export interface Selection {
  at: Ref<string>
  selected: Ref<ReadonlySet<string>>
  rows: ComputedRef<Row[]>
  /** Select or not; with `range` all from the last one selected. */
  toggle: (id: string, range?: boolean) => void
  all: () => void
  clear: () => void
  /** The line that many lines on, at the list's ends the last; the first where one is on none. */
  next: (by: number) => string | null
}

export function useSelection(rows: ComputedRef<readonly Row[]>): Selection {
  const at = ref('')
  const selected = ref<ReadonlySet<string>>(new Set())
  let last = ''
  watch(rows, (now) => {
    const here = new Set(now.map((row) => row.id))
    const kept = [...selected.value].filter((id) => here.has(id))
    if (kept.length < selected.value.size) selected.value = new Set(kept)
  })

  function toggle(id: string, range = false): void {
    const next = new Set(selected.value)
    const on = !next.has(id)
    const ids = range && last ? between(last, id) : [id]
    for (const one of ids) {
      if (on) next.add(one)
      else next.delete(one)
    }
    selected.value = next
    last = id
  }

  function between(one: string, other: string): string[] {
    const ends = [one, other].map((id) => rows.value.findIndex((row) => row.id === id)).sort((a, b) => a - b)
    const [from, to] = ends
    return from === undefined || to === undefined || from < 0
      ? [other]
      : rows.value.slice(from, to + 1).map((r) => r.id)
  }

  return {
    at,
    selected,
    rows: computed(() => rows.value.filter((row) => selected.value.has(row.id))),
    toggle,
    all: () => (selected.value = new Set(rows.value.map((row) => row.id))),
    clear: () => (selected.value = new Set()),
    next(by) {
      const index = rows.value.findIndex((row) => row.id === at.value)
      const to = index < 0 ? 0 : Math.max(0, Math.min(rows.value.length - 1, index + by))
      return rows.value[to]?.id ?? null
    },
  }
}
