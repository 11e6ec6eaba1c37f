import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { api, ask, newKey, type Schema } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'
import { language, t } from '@/shared/i18n'
import { useChanges } from './live'
import { keeps } from './session'
import { onUploaded } from './uploads'

export type Ticket = Schema['PortalTicket']

export interface OpenTicket {
  ticket: Ref<Ticket | null>
  /** Why it cannot be read. */
  problem: Ref<Problem | null>
  /** What just changed, in words for a screen reader. */
  news: Ref<string>
  read: () => Promise<void>
  /** Show what a write gave, unless something newer is shown. */
  take: (found: Ticket) => void
  say: (body: string) => Promise<void>
  withdraw: (reason: string) => Promise<void>
  rate: (score: number, comment: string) => Promise<void>
}

/** One ticket of the customer, kept as it is at the desk. The writes throw Problem; the words are the caller's to keep. */
export function useTicket(number: string, known: Ticket | null = null): OpenTicket {
  const ticket = shallowRef<Ticket | null>(known)
  const problem = shallowRef<Problem | null>(null)
  const news = ref('')
  const path = { id: number }
  const keys = keysOf(number)
  let reading: Promise<void> | null = null
  let again = false

  const take = (found: Ticket): void => {
    const before = ticket.value
    if (before && found.version < before.version) return
    if (before && before.version < found.version) news.value = newsOf(before, found)
    ticket.value = found
    problem.value = null
  }
  const readOnce = async (): Promise<void> => {
    try {
      take(await ask(api.GET('/api/v1/portal/tickets/{id}', { params: { path } })))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problem.value = error
    }
  }
  // Changes that come while one is being read are read once more, together.
  const read = (): Promise<void> => {
    again = reading !== null
    reading ??= readOnce().finally(() => {
      reading = null
      if (again) void read()
    })
    return reading
  }
  useChanges((changed) => {
    if (changed && (changed.id !== ticket.value?.id || changed.version <= ticket.value.version)) return
    void read()
  })
  onScopeDispose(onUploaded((id) => { if (id === ticket.value?.id) void read() })) // prettier-ignore
  watch(language, () => void read())
  if (!known) void read()

  return {
    ticket,
    problem,
    news,
    read,
    take,
    async say(body) {
      const header = { 'Idempotency-Key': keys.of(body) }
      const asked = api.POST('/api/v1/portal/tickets/{id}/messages', { params: { path, header }, body: { body } }) // prettier-ignore
      take(await ask(asked))
      keys.done()
    },
    async withdraw(reason) {
      take(
        await ask(api.POST('/api/v1/portal/tickets/{id}/withdraw', { params: { path }, body: { reason } })),
      )
    },
    async rate(score, comment) {
      const body = { score, ...(comment ? { comment } : {}) }
      take(await ask(api.POST('/api/v1/portal/tickets/{id}/rate', { params: { path }, body })))
    },
  }
}

const keyrings = new Map<string, Keyring>()
keeps(() => keyrings.clear())

/** The keys of what is said on a ticket outlive its page: an answer may be lost, and the words sent again from a new one. */
function keysOf(number: string): Keyring {
  const known = keyrings.get(number) ?? keyring()
  keyrings.set(number, known)
  return known
}

interface Keyring {
  of: (what: string) => string
  done: () => void
}
/** The key of an intention: the same while what is to be sent is the same, so that a retry is done once. `kept`: its key of before. */
export function keyring(kept = ''): Keyring {
  let last = { what: '', key: kept }
  return {
    of(what) {
      const isOther = last.what !== '' && last.what !== what
      last = { what, key: isOther || !last.key ? newKey() : last.key }
      return last.key
    },
    done() {
      last = { what: '', key: '' }
    },
  }
}

/** What is new, in one sentence: an answer first, else where the ticket stands now. */
export function newsOf(before: Ticket, after: Ticket): string {
  const known = new Set(before.messages.map((one) => one.id))
  const isAnswered = after.messages.some((one) => !known.has(one.id) && one.from !== 'you')
  if (isAnswered) return t('portal.news_answer')
  return before.state_text === after.state_text ? '' : t('portal.news_state', { state: after.state_text })
}
