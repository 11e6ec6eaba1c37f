import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { newKey } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'
import type { Conflict } from './conflict'
import { dropDraft, readDrafts, type Draft } from './drafts'
import { useKeeping, type Keeping } from './keeping'
import type { Ticket } from './entry'
import { guard, hold, remember } from '@/features/identity/unsent'
import type { OpenTicket } from './useTicket'

export type Kind = 'reply' | 'note'

/** What is being written to the customer or to colleagues. The words leave it only when they were said or thrown away. */
export interface Composer {
  kind: Ref<Kind>
  text: Ref<string>
  /** An answer that tells what is not public: the desk asks that the customer was verified. */
  discloses: Ref<boolean>
  sending: Ref<boolean>
  problem: ShallowRef<Problem | null>
  /** What the desk had to say of words that were sent (a security code was removed). */
  notices: Ref<readonly string[]>
  conflict: ShallowRef<Conflict | null>
  keeping: Keeping
  /** Drafts from before, offered. */
  offered: ShallowRef<readonly Draft[]>
  write: (text: string) => void
  choose: (kind: Kind) => void
  tells: (discloses: boolean) => void
  /** Say it. True where it was said. */
  send: () => Promise<boolean>
  /** Say it although the ticket changed: it was read. */
  sendAnyway: () => Promise<boolean>
  editAgain: () => void
  keepAsDraft: () => Promise<void>
  throwAway: () => Promise<void>
  takeUp: (draft: Draft) => void
  dropOffered: (draft: Pick<Draft, 'id'>) => Promise<void>
  /** What is on the page was seen: words written now rest on it. */
  seen: () => void
}

interface Left {
  kind: Kind
  text: string
  discloses: boolean
  draftId: string
  keptText: string
  basis: number
  key: string
}
/** Words of tickets one went away from without sending, while the app is open; nowhere on the device. */
const left = remember<Left>((one) => one.text !== one.keptText)
/** The intention that was said last: whoever came back to its words meanwhile has nothing left to say. */
const lastSaid = ref('')

export function useComposer(open: OpenTicket): Composer {
  const kind = ref<Kind>('reply')
  const text = ref('')
  const discloses = ref(false)
  const sending = ref(false)
  const problem = shallowRef<Problem | null>(null)
  const notices = ref<readonly string[]>([])
  const conflict = shallowRef<Conflict | null>(null)
  const offered = shallowRef<readonly Draft[]>([])
  const keeping = useKeeping(open.id, kind, text)
  let basis = 0
  let key = newKey()
  let at = ''

  const version = (): number => open.ticket.value?.version ?? 0
  function seen(): void {
    basis = version()
  }

  // Other words are another intention: the key of the one before must not answer for them.
  watch(
    [text, kind, discloses],
    ([now], [before]) => {
      key = newKey()
      if (before === '' && now !== '') {
        if (basis === 0) seen()
        notices.value = []
      }
      if (now === '' && conflict.value === null) basis = 0
    },
    { flush: 'sync' },
  )
  watch(
    lastSaid,
    (said) => {
      if (said === key && text.value !== '') done()
    },
    { flush: 'sync' },
  )

  watch(open.id, (id) => void come(id), { immediate: true })
  onScopeDispose(leave)
  guard(() => text.value.trim() !== '' && keeping.state.value !== 'saved')

  async function come(id: string): Promise<void> {
    if (id === at) return
    leave()
    at = id
    clear()
    offered.value = []
    if (id === '') return
    const before = left.get(id)
    if (before) {
      left.delete(id)
      kind.value = before.kind
      basis = before.basis
      text.value = before.text
      discloses.value = before.discloses
      key = before.key
      if (before.draftId) keeping.adopt(before.draftId, before.keptText)
    }
    await offer()
  }

  async function offer(): Promise<void> {
    const id = at
    try {
      const drafts = await readDrafts(id)
      if (at === id) offered.value = drafts.filter((draft) => draft.id !== keeping.draftId.value)
    } catch (error) {
      // Not offered now; they are still at the desk and are offered at the next visit.
      if (!(error instanceof Problem)) throw error
    }
  }

  function leave(): void {
    if (at === '' || text.value.trim() === '') return
    left.set(at, {
      kind: kind.value,
      text: text.value,
      discloses: discloses.value,
      draftId: keeping.draftId.value,
      keptText: keeping.keptText(),
      basis,
      key,
    })
  }

  function clear(): void {
    text.value = ''
    discloses.value = false
    problem.value = null
    conflict.value = null
    basis = 0
  }

  function done(): void {
    clear()
    void keeping.finish()
  }

  /** These words were said: they are gone from wherever they stand, what was written besides them stays. */
  function gone(sent: { ticket: string; text: string; key: string }, ticket: Ticket): void {
    if (left.get(sent.ticket)?.key === sent.key) left.delete(sent.ticket)
    if (at === sent.ticket) {
      const now = text.value
      done()
      if (now !== sent.text) {
        text.value = now.startsWith(sent.text) ? now.slice(sent.text.length).trimStart() : now
      }
      notices.value = ticket.notices
    }
    lastSaid.value = sent.key
  }

  async function say(version: number): Promise<boolean> {
    if (sending.value || text.value.trim() === '') return false
    sending.value = true
    problem.value = null
    const sent = { ticket: at, text: text.value, key }
    const release = hold()
    try {
      const tells = kind.value === 'reply' && discloses.value ? { discloses: true } : {}
      const outcome = await open.act(kind.value, { version, body: sent.text, ...tells }, sent.text, sent.key)
      if (outcome.ok) {
        gone(sent, outcome.ticket)
        return true
      }
      if (at !== sent.ticket) return false
      problem.value = outcome.conflict ? null : outcome.problem
      if (outcome.conflict) await face(outcome.conflict)
      return false
    } finally {
      release()
      sending.value = false
    }
  }

  /** The desk kept the words as a draft of its own: that one counts from now on, ours is dropped. */
  async function face(found: Conflict): Promise<void> {
    conflict.value = found
    if (!found.draftId) return
    await keeping.finish()
    keeping.adopt(found.draftId, text.value)
  }

  async function sendAnyway(): Promise<boolean> {
    if (!conflict.value) return false
    basis = Math.max(conflict.value.version, version())
    key = newKey()
    const sent = await say(basis)
    if (!sent && problem.value) conflict.value = null
    return sent
  }

  return {
    kind,
    text,
    discloses,
    sending,
    problem,
    notices,
    conflict,
    keeping,
    offered,
    write(now) {
      text.value = now
    },
    choose(now) {
      kind.value = now
    },
    tells(now) {
      discloses.value = now
    },
    send: () => say(basis || version()),
    sendAnyway,
    editAgain() {
      basis = Math.max(conflict.value?.version ?? 0, version())
      conflict.value = null
    },
    async keepAsDraft() {
      await keeping.flush()
      if (keeping.state.value === 'failed') return
      keeping.adopt('', '')
      clear()
      await offer()
    },
    async throwAway() {
      clear()
      await keeping.finish()
    },
    takeUp(draft) {
      kind.value = draft.verb === 'note' ? 'note' : 'reply'
      text.value = draft.body
      keeping.adopt(draft.id, draft.body)
      offered.value = offered.value.filter((one) => one.id !== draft.id)
    },
    async dropOffered(draft) {
      offered.value = offered.value.filter((one) => one.id !== draft.id)
      try {
        await dropDraft(draft.id)
      } catch (error) {
        // It is offered again at the next visit, and can be thrown away then.
        if (!(error instanceof Problem)) throw error
      }
    },
    seen,
  }
}
