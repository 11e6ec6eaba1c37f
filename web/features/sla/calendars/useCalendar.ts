import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { useQuery, type UseQueryReturnType } from '@tanstack/vue-query'
import { remember } from '@/features/identity/unsent'
import { queries } from '@/shared/api/query'
import { t } from '@/shared/i18n'
import type { FieldProblem } from '@/shared/api/problem'
import { within } from '@/shared/ui/form/wrong'
import type { CalendarBody, CalendarVersion, CalendarView, Noticed } from '../api'
import * as reading from '../reading'
import { SLA_KEY } from '../reading'
import { bodyOf, draftOf, type CalendarDraft } from './draft'

/** What was being changed of a calendar, upon which version. */
export interface Kept {
  draft: CalendarDraft
  upon: number
  fromNotice: boolean
  note: string
  moves: boolean
}

const left = remember<Kept>(() => true)

/** One calendar: what is read of it, what waits to be decided, and what is being edited; the last stays while the app is open. */
export interface OpenCalendar {
  read: UseQueryReturnType<CalendarView, Error>
  /** The one that waits for a second person. */
  proposed: ComputedRef<CalendarVersion | null>
  shown: ComputedRef<CalendarDraft | null>
  kept: ShallowRef<Kept | null>
  /** Somebody made another version meanwhile than the one that is being edited. */
  isBehind: ComputedRef<boolean>
  /** What the desk, or we, refuse of the draft. */
  wrong: Ref<readonly FieldProblem[]>
  body: ComputedRef<CalendarBody | null>
  begin: () => void
  change: (changed: Partial<CalendarDraft>) => void
  keep: (changed: Partial<Kept>) => void
  take: (notice: Noticed) => void
  drop: () => void
  /** Whether the draft can be sent as it stands; if not, `wrong` says why. */
  check: () => boolean
  refused: (fields: readonly FieldProblem[]) => void
  reload: () => Promise<void>
}

/** In a component's set-up. */
export function useCalendar(code: string, version: Ref<number | null>): OpenCalendar {
  const read = useQuery({
    queryKey: [SLA_KEY, 'calendar', code, version],
    queryFn: () => reading.calendar(code, version.value),
    staleTime: 0,
  })
  const kept = shallowRef<Kept | null>(left.get(code) ?? null)
  const wrong = ref<readonly FieldProblem[]>([])
  const versions = computed(() => read.data.value?.versions ?? [])
  const current = computed(() => read.data.value?.current?.version ?? 0)

  function set(now: Kept | null): void {
    kept.value = now
    if (now) left.set(code, now)
    else left.delete(code)
  }
  function made(draft: CalendarDraft, fromNotice: boolean): Kept {
    return { draft, upon: current.value, fromNotice, note: '', moves: false }
  }
  const fit = computed(() => (kept.value ? bodyOf(code, kept.value.draft) : null))

  return {
    read,
    proposed: computed(() => versions.value.find((one) => one.state === 'proposed') ?? null),
    shown: computed(() => kept.value?.draft ?? (read.data.value ? draftOf(read.data.value.body) : null)),
    kept,
    isBehind: computed(() => kept.value !== null && read.data.value !== undefined && kept.value.upon !== current.value),
    wrong,
    body: computed(() => fit.value?.body ?? null),
    begin() {
      const found = read.data.value
      if (found) set(made(draftOf(found.body), false))
    },
    change(changed) {
      if (kept.value) set({ ...kept.value, draft: { ...kept.value.draft, ...changed } })
    },
    keep(changed) {
      if (kept.value) set({ ...kept.value, ...changed })
    },
    take(notice) {
      const draft = draftOf(notice.body)
      set(kept.value ? { ...kept.value, draft, fromNotice: true } : made(draft, true))
    },
    drop() {
      set(null)
      wrong.value = []
    },
    check() {
      wrong.value = (fit.value?.unfit ?? []).map(({ pointer, why }) => ({
        pointer,
        code: why,
        detail: t(`sla.unfit.${why}`),
      }))
      return wrong.value.length === 0
    },
    refused(fields) {
      wrong.value = within(fields, '/body')
    },
    async reload() {
      await queries.invalidateQueries({ queryKey: [SLA_KEY] })
    },
  }
} // prettier-ignore
