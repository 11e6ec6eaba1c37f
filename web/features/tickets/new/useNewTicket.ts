import { computed, onScopeDispose, ref, watch, type ComputedRef, type Ref } from 'vue'
import { useQuery } from '@tanstack/vue-query'
import { CASE_TYPES_KEY } from '@/features/casetypes/titles'
import { parseForm, type CaseForm } from '@/features/casetypes/form'
import type { Lack } from '@/features/casetypes/answers'
import { without, wrongOf, type Wrong } from '@/features/casetypes/wrong'
import { api, ask, newKey, type Schema } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'
import { language, t } from '@/shared/i18n'
import { guard, remember } from '@/features/identity/unsent'
import {
  bodyOf,
  cannotDoWithout,
  customerOf,
  NOBODY,
  NOTHING,
  stillMissing,
  type Draft,
  type Who,
} from './body'
import { drop, keep, kept } from './keeping'

const KEEP_MS = 300

/** What was begun, with what must not lie on the device: the customer, protected answers. */
interface Begun {
  draft: Draft
  who: Who
  key: string
  sent: string
}
const NEW = 'new'
const left = remember<Begun>(isBegun)
function isBegun({ draft, who }: Pick<Begun, 'draft' | 'who'>): boolean {
  const { title, description, inputs, elements } = draft
  if (Object.keys(inputs).length > 0 || customerOf(who) !== null) return true
  return [title, description, ...Object.values(elements)].some((text) => text.trim() !== '')
}

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
  const before = left.get(NEW)
  left.delete(NEW)
  const draft = ref<Draft>(before?.draft ?? kept())
  const who = ref<Who>(before?.who ?? { ...NOBODY })
  const wrong = ref<Wrong>({})
  const problem = ref<Problem | null>(null)
  const busy = ref(false)
  const opened = ref<Schema['TicketView'] | null>(null)
  let key = before?.key ?? newKey()
  let sent = before?.sent ?? ''

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
    if (opened.value) return
    keep(draft.value, form.value)
    left.set(NEW, { draft: draft.value, who: who.value, key, sent })
  })

  guard(() => !opened.value && isBegun({ draft: draft.value, who: who.value }))

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
      if (left.get(NEW)?.key === key) left.delete(NEW)
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
      sent = ''
      drop()
    },
  }
}
