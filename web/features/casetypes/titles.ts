import { computed, type ComputedRef } from 'vue'
import { useQuery } from '@tanstack/vue-query'
import { api, ask, type Schema } from '@/shared/api/client'
import { language } from '@/shared/i18n'
import { may } from '@/features/identity/session'

export type CaseTypeRow = Schema['CaseTypeRow']

/** Key of what is read of case types; the desk's `case_types` event makes it stale. */
export const CASE_TYPES_KEY = 'case_types'

/** The case types new tickets may have, in the reader's language. */
export interface CaseTypes {
  rows: ComputedRef<CaseTypeRow[]>
  /** Whether they were read. */
  ready: ComputedRef<boolean>
  error: ComputedRef<Error | null>
  /** A case type's title; its code where it is not known (any more). */
  title: (code: string) => string
}

/** In a component's set-up. */
export function useCaseTypes(): CaseTypes {
  const read = useQuery({
    queryKey: [CASE_TYPES_KEY, 'list', language],
    queryFn: () => ask(api.GET('/api/v1/case-types')),
    staleTime: Infinity,
    enabled: computed(() => may('case_type.read')),
  })
  const rows = computed(() => read.data.value ?? [])
  const titles = computed(() => new Map(rows.value.map((one) => [one.code, one.title])))
  return {
    rows,
    ready: computed(() => read.isSuccess.value),
    error: computed(() => read.error.value),
    title: (code) => titles.value.get(code) ?? code,
  }
}
