import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { newKey } from '@/shared/api/client'
import { t } from '@/shared/i18n'
import type { Problem } from '@/shared/api/problem'
import type { Conflict } from './conflict'
import type { Draft } from './drafts'
import { AT_ONCE, FORM_OF, type Values } from './forms'
import { isTouched, reopened, type Kept } from './kept'
import { remember } from '@/features/identity/unsent'
import type { OpenTicket } from './useTicket'
import { BY_NAME, refusal, type Asker, type DoingName, type Refusal } from './verbs'

/** A dialog that is open: what it does, where in it to begin, and why it was refused before it was shown. */
export interface Opened {
  name: DoingName
  /** Pointer of what is to be given first. */
  at: string
  version: number
  problem: Problem | null
  conflict: Conflict | null
}

/** The dialogs of a ticket, one over the other: what was typed in one waits while another is answered. */
export interface Dialogs {
  top: ComputedRef<Opened | null>
  /** What is typed, by verb; it stays while the app is open. */
  values: ComputedRef<Record<string, Values>>
  /** Why the last thing asked for is not possible; shown and read out. */
  refused: Ref<string>
  busy: Ref<DoingName | ''>
  start: (name: DoingName, at?: string) => Promise<void>
  close: () => void
  /** It was done: forget what was typed, say so. */
  finish: (name: DoingName) => void
  takeUp: (draft: Draft) => void
  keep: (name: string, values: Values) => void
  /** Close it, and forget what was typed: it is not wanted. */
  throwAway: (name: DoingName) => void
  why: (name: DoingName) => string
  /** It was read why something is not possible. */
  dismiss: () => void
}

export interface Around {
  open: OpenTicket
  asker: Asker
  nameOf: (login: string) => string
  /** Things that are no dialog: write an answer, choose files. */
  elsewhere: Partial<Record<DoingName, () => void>>
  said: (text: string) => void
  /** A draft that was taken up was used: it is no longer offered. */
  spent: (draftId: string) => void
}

/** What was typed in dialogs of tickets and not sent, by ticket and verb. */
const left = remember<Record<string, Kept>>((one) => Object.values(one).some(isTouched))

export function useDialogs({ open, asker, nameOf, elsewhere, said, spent }: Around): Dialogs {
  const stack = ref<Opened[]>([])
  const kept = shallowRef<Readonly<Record<string, Kept>>>({})
  const values = computed(() =>
    Object.fromEntries(Object.entries(kept.value).map(([name, one]) => [name, one.values])),
  )
  watch(open.id, (id) => (kept.value = left.get(id) ?? {}), { immediate: true, flush: 'sync' })

  function put(name: string, one: Kept | null): void {
    const rest = Object.entries(kept.value).filter(([at]) => at !== name)
    kept.value = Object.fromEntries(one ? [...rest, [name, one]] : rest)
    if (open.id.value !== '') left.set(open.id.value, kept.value)
  }

  function forget(name: DoingName): void {
    stack.value = stack.value.filter((one) => one.name !== name)
    const draftId = kept.value[name]?.draftId ?? ''
    put(name, null)
    if (draftId !== '') spent(draftId)
  }
  const refused = ref('')
  const busy = ref<DoingName | ''>('')

  function why(name: DoingName): string {
    const verb = BY_NAME.get(name)
    const ticket = open.ticket.value
    if (!verb || !ticket) return ''
    const found = refusal(verb, ticket, asker)
    return found === null ? '' : words(found, name)
  }

  function words(found: Refusal, name: DoingName): string {
    const verb = t(`ticket.verb.${name}`)
    const state = open.ticket.value?.state ?? ''
    if (found.why === 'permission') return t('ticket.why.permission', { verb, permission: found.permission })
    if (found.why === 'another') return t('ticket.why.another', { who: nameOf(found.who) })
    return t(`ticket.why.${found.why}`, { verb, state: t(`tickets.state.${state}`) })
  }

  async function start(name: DoingName, at = ''): Promise<void> {
    refused.value = why(name)
    if (refused.value !== '' || !open.ticket.value) return
    const go = elsewhere[name]
    if (go) return go()
    if (AT_ONCE.has(name)) return atOnce(name)
    show({ name, at, version: open.ticket.value.version, problem: null, conflict: null })
  }

  function show(opened: Opened): void {
    const one = reopened(kept.value[opened.name], startValues(opened.name), opened.version)
    put(opened.name, one)
    stack.value = [
      ...stack.value.filter((other) => other.name !== opened.name),
      { ...opened, version: one.version },
    ]
  }

  function startValues(name: DoingName): Values {
    const ticket = open.ticket.value
    return (ticket && FORM_OF.get(name)?.start(ticket)) ?? {}
  }

  async function atOnce(name: DoingName): Promise<void> {
    const form = FORM_OF.get(name)
    const ticket = open.ticket.value
    if (!form || !ticket || busy.value !== '') return
    busy.value = name
    const outcome = await form.send(open, {}, ticket.version, newKey())
    busy.value = ''
    if (outcome.ok) return said(t(`ticket.done.${name}`))
    show({ name, at: '', version: ticket.version, problem: outcome.problem, conflict: outcome.conflict })
  }

  return {
    top: computed(() => stack.value.at(-1) ?? null),
    values,
    refused,
    busy,
    start,
    close() {
      stack.value = stack.value.slice(0, -1)
    },
    keep(name, now) {
      const one = kept.value[name]
      if (one) put(name, { ...one, values: now })
    },
    finish(name) {
      forget(name)
      said(t(`ticket.done.${name}`))
    },
    throwAway: forget,
    takeUp(draft) {
      const form = FORM_OF.get(draft.verb)
      if (!form?.text || !open.ticket.value) return
      const fresh = startValues(form.verb)
      put(form.verb, {
        values: { ...fresh, [form.text]: draft.body },
        start: fresh,
        version: open.ticket.value.version,
        draftId: draft.id,
      })
      void start(form.verb)
    },
    why,
    dismiss() {
      refused.value = ''
    },
  }
}
