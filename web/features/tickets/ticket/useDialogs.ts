import { computed, ref, type ComputedRef, type Ref } from 'vue'
import { newKey } from '@/shared/api/client'
import { t } from '@/shared/i18n'
import type { Problem } from '@/shared/api/problem'
import type { Conflict } from './conflict'
import type { Draft } from './drafts'
import { AT_ONCE, FORM_OF, type Values } from './forms'
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
  /** What is typed, by verb, as long as the ticket is open. */
  values: Ref<Record<string, Values>>
  /** Why the last thing asked for is not possible; shown and read out. */
  refused: Ref<string>
  busy: Ref<DoingName | ''>
  start: (name: DoingName, at?: string) => Promise<void>
  close: () => void
  /** It was done: forget what was typed, say so. */
  finish: (name: DoingName) => void
  takeUp: (draft: Draft) => void
  keep: (name: string, values: Values) => void
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
}

export function useDialogs({ open, asker, nameOf, elsewhere, said }: Around): Dialogs {
  const stack = ref<Opened[]>([])
  const values = ref<Record<string, Values>>({})
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
    values.value[opened.name] ??= startValues(opened.name)
    stack.value = [...stack.value.filter((one) => one.name !== opened.name), opened]
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
      values.value = { ...values.value, [name]: now }
    },
    finish(name) {
      stack.value = stack.value.filter((one) => one.name !== name)
      values.value = Object.fromEntries(Object.entries(values.value).filter(([at]) => at !== name))
      said(t(`ticket.done.${name}`))
    },
    takeUp(draft) {
      const form = FORM_OF.get(draft.verb)
      if (!form?.text || !open.ticket.value) return
      values.value[form.verb] = { ...startValues(form.verb), [form.text]: draft.body }
      void start(form.verb)
    },
    why,
    dismiss() {
      refused.value = ''
    },
  }
}
