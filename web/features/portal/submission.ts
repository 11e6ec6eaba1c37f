import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { askedValues, isRequired, missing, wanted, type Lack } from '@/features/casetypes/answers'
import { parseForm, type CaseForm, type EvidenceItem } from '@/features/casetypes/form'
import { toValues, type Inputs } from '@/features/casetypes/inputs'
import { atQuestion, without, wrongOf, type Wrong } from '@/features/casetypes/wrong'
import { api, ask, type Schema } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'
import { language, t } from '@/shared/i18n'
import { dropDraft, keepDraft, keptDraft, type Priority } from './draft'
import { usePicked, type Picked } from './picked'
import { session } from './session'
import { keyring, type Ticket } from './ticket'
import { sendFile } from './uploads'

type Checked = Schema['PortalChecked']

export interface Submission {
  form: Ref<CaseForm | null>
  inputs: Ref<Inputs>
  elements: Ref<Readonly<Record<string, string>>>
  priority: Ref<Priority | null>
  /** The files to be sent; one whose item is asked for no more is among all else. */
  picked: ComputedRef<Picked[]>
  pick: (files: Iterable<File>, evidence: string | null) => void
  unpick: (id: number) => void
  evidence: ComputedRef<EvidenceItem[]>
  /** What the answers so far leave open, before anything is asked of the desk. */
  lacks: ComputedRef<Lack[]>
  wrong: Ref<Wrong>
  answered: (pointer: string) => void
  /** The desk's judgement of exactly what is on the page now; null where it was not asked yet. */
  checked: Ref<Checked | null>
  /** Why the form cannot be read, or the last check or sending failed as a whole. */
  problem: Ref<Problem | null>
  busy: Ref<boolean>
  restored: Ref<boolean>
  read: () => Promise<void>
  check: () => Promise<void>
  send: () => Promise<Ticket | null>
}

/** A ticket being written, from the form to the number. What was typed stays through every refusal. */
export function useSubmission(code: string): Submission {
  const form = shallowRef<CaseForm | null>(null)
  const inputs = shallowRef<Inputs>({})
  const elements = shallowRef<Readonly<Record<string, string>>>({})
  const priority = ref<Priority | null>(null)
  const wrong = shallowRef<Wrong>({})
  const checked = shallowRef<Checked | null>(null)
  const problem = shallowRef<Problem | null>(null)
  const busy = ref(false)
  const restored = ref(false)
  const { picked, add, remove } = usePicked()
  let keys = keyring()
  let key = ''
  const who = session.value?.customer ?? ''

  const values = computed(() => (form.value ? toValues(form.value.fields, inputs.value) : {}))
  const evidence = computed(() => (form.value ? wanted(form.value, values.value) : []))
  const filed = computed(() => {
    const codes = new Set(evidence.value.map((one) => one.code))
    return picked.value.map((one) => (codes.has(one.evidence ?? '') ? one : { ...one, evidence: null }))
  })
  const brought = computed(() => [...new Set(filed.value.flatMap((one) => one.evidence ?? []))])
  const lacks = computed(() =>
    form.value
      ? missing(form.value, { values: values.value, elements: elements.value, evidence: brought.value }, 'submit') // prettier-ignore
      : [],
  )

  const begin = (found: CaseForm): void => {
    const draft = keptDraft(found.code, who)
    const isEmpty = !draft || Object.keys({ ...draft.inputs, ...draft.elements }).length === 0
    restored.value = !isEmpty
    inputs.value = { ...knownInputs(found), ...draft?.inputs }
    elements.value = draft?.elements ?? {}
    priority.value = draft?.priority ?? null
    key = draft?.key ?? ''
    keys = keyring(key)
  }
  const tried = async <T>(what: () => Promise<T>): Promise<T | null> => {
    busy.value = true
    problem.value = null
    try {
      return await what()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problem.value = error
      wrong.value = wrongOf(error.fields)
      return null
    } finally {
      busy.value = false
    }
  }
  const read = async (): Promise<void> => {
    const path = { code }
    const found = await tried(() => ask(api.GET('/api/v1/portal/case-types/{code}', { params: { path } })))
    if (!found) return
    const isFirst = form.value === null
    form.value = parseForm(found.schema)
    if (isFirst) begin(form.value)
  }
  const body = (found: CaseForm, codes: readonly string[]): Schema['PortalDraft'] => ({
    case_type: found.code,
    fields: { ...askedValues(found, values.value) },
    elements: { ...elements.value },
    evidence: [...codes],
    ...(priority.value ? { priority: priority.value } : {}),
  })
  // A file that is still to be sent is not at hand; only where the form cannot go without it is it said beforehand.
  const promised = (found: CaseForm): string[] =>
    brought.value.filter((one) =>
      found.evidence.some(
        (item) => item.code === one && isRequired(item.requiredFor, 'submit', values.value),
      ),
    )

  const keep = (): void => {
    if (form.value) keepDraft(form.value, who, { inputs: inputs.value, elements: elements.value, priority: priority.value, key }) // prettier-ignore
  }
  watch(language, () => void read())
  watch([inputs, elements, priority, picked], () => {
    checked.value = null
    keep()
  })
  void read()

  return {
    form, inputs, elements, priority, picked: filed, evidence, lacks, wrong, checked, problem, busy, restored, read,
    pick: add,
    unpick: remove,
    answered(pointer) {
      wrong.value = without(wrong.value, atQuestion(pointer))
    },
    async check() {
      const found = form.value
      if (!found) return
      const said = await tried(() => ask(api.POST('/api/v1/portal/check', { body: body(found, brought.value) }))) // prettier-ignore
      if (!said) return
      checked.value = said
      wrong.value = wrongOf(said.problems)
    },
    async send() {
      const found = form.value
      if (!found) return null
      const sent = body(found, promised(found))
      key = keys.of(JSON.stringify(sent))
      keep()
      const header = { 'Idempotency-Key': key }
      const opened = await tried(() => ask(api.POST('/api/v1/portal/tickets', { params: { header }, body: sent }))) // prettier-ignore
      if (!opened) {
        checked.value = null
        if (problem.value?.code !== 'KeyReused') return null
        // A sending of before arrived, its answer did not: whoever goes on after reading this means another ticket.
        problem.value = new Problem(422, { title: 'KeyReused', detail: t('portal.sent_before') })
        keys.done()
        key = ''
        keep()
        return null
      }
      keys.done()
      dropDraft(found.code)
      for (const one of filed.value) sendFile(opened.id, one.file, one.evidence)
      return opened
    },
  } // prettier-ignore
}

/** What the institution's app told of the device, where the form asks for it: shown, and the customer's to change. */
function knownInputs(form: CaseForm): Inputs {
  const basics = Object.entries(session.value?.basics ?? {})
  const asks = new Set(form.fields.filter((field) => field.type === 'text').map((field) => field.code))
  return Object.fromEntries(basics.filter(([code, value]) => asks.has(code) && !value.includes('*')))
}
