import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { useQuery, type UseQueryReturnType } from '@tanstack/vue-query'
import { remember } from '@/features/identity/unsent'
import type { FieldProblem } from '@/shared/api/problem'
import { queries } from '@/shared/api/query'
import { t } from '@/shared/i18n'
import { within } from '@/shared/ui/form/wrong'
import type { PolicyBody, PolicyView } from '../api'
import * as reading from '../reading'
import { SLA_KEY } from '../reading'
import { bodyOf, draftOf, NEW_POLICY, type PolicyDraft } from './draft'

/** What was being changed of a policy, upon which version (0: a new one). */
export interface Kept {
  draft: PolicyDraft
  upon: number
  note: string
  moves: boolean
  /** From when, as typed; empty: at once. */
  from: string
}

const left = remember<Kept>(() => true)
/** Under which a policy that has no code yet is kept. */
export const NEW = 'new'

export interface OpenPolicy {
  read: UseQueryReturnType<PolicyView, Error>
  shown: ComputedRef<PolicyDraft | null>
  kept: ShallowRef<Kept | null>
  isBehind: ComputedRef<boolean>
  wrong: Ref<readonly FieldProblem[]>
  body: ComputedRef<PolicyBody | null>
  begin: () => void
  change: (changed: Partial<PolicyDraft>) => void
  keep: (changed: Partial<Kept>) => void
  drop: () => void
  check: () => boolean
  refused: (fields: readonly FieldProblem[]) => void
  reload: () => Promise<void>
}

/** One policy: what is read of it, and what is being edited; the latter stays while the app is open. In a set-up. */
export function usePolicy(code: string, version: Ref<number | null>): OpenPolicy {
  const isNew = code === NEW
  const read = useQuery({
    queryKey: [SLA_KEY, 'policy', code, version],
    queryFn: () => reading.policy(code, version.value),
    enabled: !isNew,
    staleTime: 0,
  })
  const kept = shallowRef<Kept | null>(left.get(code) ?? null)
  const wrong = ref<readonly FieldProblem[]>([])
  const latest = computed(() => Math.max(0, ...(read.data.value?.versions ?? []).map((one) => one.version)))
  const fit = computed(() => (kept.value ? bodyOf(kept.value.draft) : null))

  function set(now: Kept | null): void {
    kept.value = now
    if (now) left.set(code, now)
    else left.delete(code)
  }
  function begin(): void {
    const draft = isNew ? NEW_POLICY : read.data.value && draftOf(read.data.value.body)
    if (draft) set({ draft, upon: latest.value, note: '', moves: false, from: '' })
  }
  if (isNew && !kept.value) begin()

  return {
    read,
    shown: computed(() => kept.value?.draft ?? (read.data.value ? draftOf(read.data.value.body) : null)),
    kept,
    isBehind: computed(() => kept.value !== null && read.data.value !== undefined && kept.value.upon !== latest.value),
    wrong,
    body: computed(() => fit.value?.body ?? null),
    begin,
    change(changed) {
      if (kept.value) set({ ...kept.value, draft: { ...kept.value.draft, ...changed } })
    },
    keep(changed) {
      if (kept.value) set({ ...kept.value, ...changed })
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
