import { computed, onScopeDispose, ref, watch, type ComputedRef, type Ref } from 'vue'
import { useQuery } from '@tanstack/vue-query'
import { CASE_TYPES_KEY } from '@/features/casetypes/titles'
import { parseForm, type CaseForm } from '@/features/casetypes/form'
import type { Lack } from '@/features/casetypes/answers'
import { without, wrongOf, type Wrong } from '@/features/casetypes/wrong'
import { api, ask, newKey, type Schema } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'
import { language, t } from '@/shared/i18n'
import { bodyOf, cannotDoWithout, NOBODY, NOTHING, stillMissing, type Draft, type Who } from './body'
import { drop, keep, kept } from './keeping'

const KEEP_MS = 300

/** All about the ticket being written: what is in it, what is wrong with it, and the ticket once it is one. */
export interface NewTicket {
  draft: Ref<Draft>
  who: Ref<Who>
  form: ComputedRef<CaseForm | null>
  reading: ComputedRef<boolean>
  problem: Ref<Problem | null>
  wrong: Ref<Wrong>
  lacks: ComputedRef<Lack[]>
  busy: Ref<boolean>
  opened: Ref<Schema['TicketView'] | null>
  /** Open it. True where it is a ticket now. */
  send: () => Promise<boolean>
  answered: (pointer: string) => void
  clear: () => void
}

/** In a component's set-up. */
export function useNewTicket(): NewTicket {
  const draft = ref<Draft>(kept())
  const who = ref<Who>({ ...NOBODY })
  const wrong = ref<Wrong>({})
  const problem = ref<Problem | null>(null)
  const busy = ref(false)
  const opened = ref<Schema['TicketView'] | null>(null)
  let key = newKey()
  let sent = ''

  const read = useQuery({
    queryKey: [CASE_TYPES_KEY, 'form', language, () => draft.value.caseType],
    queryFn: () =>
      ask(api.GET('/api/v1/case-types/{code}', { params: { path: { code: draft.value.caseType } } })),
    enabled: computed(() => draft.value.caseType !== ''),
    staleTime: Infinity,
  })
  const form = computed(() =>
    read.data.value?.code === draft.value.caseType ? parseForm(read.data.value.schema) : null,
  )
  watch(read.error, (error) => (problem.value = error instanceof Problem ? error : null))

  let timer = 0
  watch([draft, form], () => {
    window.clearTimeout(timer)
    if (!opened.value) timer = window.setTimeout(() => keep(draft.value, form.value), KEEP_MS)
  })
  onScopeDispose(() => {
    window.clearTimeout(timer)
    if (!opened.value) keep(draft.value, form.value)
  })

  async function send(): Promise<boolean> {
    if (busy.value || !form.value) return false
    wrong.value = cannotDoWithout(draft.value, t('new.needed'))
    if (Object.keys(wrong.value).length > 0) return false
    const body = bodyOf(draft.value, who.value, form.value)
    // The same words again are the same intention: a second try opens no second ticket.
    const words = JSON.stringify(body)
    if (words !== sent) key = newKey()
    sent = words
    busy.value = true
    problem.value = null
    try {
      const params = { header: { 'Idempotency-Key': key } }
      opened.value = await ask(api.POST('/api/v1/tickets', { params, body }))
      window.clearTimeout(timer)
      drop()
      return true
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problem.value = error
      wrong.value = wrongOf(error.fields)
      return false
    } finally {
      busy.value = false
    }
  }

  return {
    draft,
    who,
    form,
    reading: computed(() => read.isLoading.value),
    problem,
    wrong,
    lacks: computed(() => (form.value ? stillMissing(draft.value, form.value) : [])),
    busy,
    opened,
    send,
    answered(pointer) {
      wrong.value = without(wrong.value, pointer)
    },
    clear() {
      draft.value = NOTHING
      who.value = { ...NOBODY }
      wrong.value = {}
      problem.value = null
      opened.value = null
      drop()
    },
  }
}
