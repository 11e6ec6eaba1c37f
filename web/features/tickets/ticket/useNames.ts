import { computed, type ComputedRef } from 'vue'
import { useQuery } from '@tanstack/vue-query'
import { api, ask, type Schema } from '@/shared/api/client'
import { language } from '@/shared/i18n'
import { parseForm, type CaseForm } from '@/features/casetypes/form'
import { CASE_TYPES_KEY, useCaseTypes } from '@/features/casetypes/titles'
import { usePeople } from '@/features/identity/people'
import { may } from '@/features/identity/session'
import type { Names } from './names'
import { stepsOf, titlesOf, type Step } from './steps'
import type { OpenTicket } from './useTicket'

/** The case type of a ticket: its form, the steps of its checklist, and the version the names are of. */
export interface CaseOf {
  form: ComputedRef<CaseForm | null>
  steps: ComputedRef<readonly Step[]>

  version: ComputedRef<number | null>
  names: ComputedRef<Names>
}

/** Read a case type's form in the reader's language; null while unknown. */
export function useForm(code: ComputedRef<string>): ComputedRef<Schema['CaseTypeView'] | null> {
  const read = useQuery({
    queryKey: [CASE_TYPES_KEY, 'form', code, language],
    queryFn: () => ask(api.GET('/api/v1/case-types/{code}', { params: { path: { code: code.value } } })),
    staleTime: Infinity,
    enabled: computed(() => code.value !== '' && may('case_type.read')),
  })
  return computed(() => read.data.value ?? null)
}

/** What a ticket's things are called. In a component's set-up. */
export function useNames(open: OpenTicket, clock: (kind: string) => string): CaseOf {
  const people = usePeople()
  const caseTypes = useCaseTypes()
  const view = useForm(computed(() => open.ticket.value?.case_type ?? ''))
  const form = computed(() => (view.value ? parseForm(view.value.schema) : null))
  const steps = computed(() => (open.ticket.value ? stepsOf(view.value?.schema, open.ticket.value) : []))
  const names = computed<Names>(() => {
    const fields = new Map(form.value?.fields.map((one) => [one.code, one.label]))
    const elements = new Map(form.value?.elements.map((one) => [one.code, one.label]))
    const evidence = new Map(form.value?.evidence.map((one) => [one.code, one.title]))
    const checks = titlesOf(view.value?.schema)
    return {
      person: (key) => people.personById(key)?.name ?? people.nameOf(key),
      team: (key) => people.teamName(people.teamById(key)?.code ?? key),
      caseType: caseTypes.title,
      field: (code) => fields.get(code) ?? code,
      element: (code) => elements.get(code) ?? code,
      evidence: (code) => evidence.get(code) ?? code,
      check: (code) => checks.get(code) ?? '',
      clock,
    }
  })
  return { form, steps, version: computed(() => view.value?.version ?? null), names }
}
