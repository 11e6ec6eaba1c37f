import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue' // prettier-ignore
import { newKey } from '@/shared/api/client'
import { live } from '@/shared/api/live'
import { Problem } from '@/shared/api/problem'
import { language } from '@/shared/i18n'
import { lost } from '@/features/identity/session'
import { command, type Command, type VerbName } from './commands'
import { conflictOf, isStale, type Conflict } from './conflict'
import type { Entry, Ticket } from './entry'
import { heard, lastSeq, newer, withEntries } from './patch'
import * as reading from './reading'

export type Stage = 'loading' | 'ready' | 'gone' | 'forbidden' | 'failed'

/** How a verb went: done, or refused, with both sides where the ticket had changed meanwhile. */
export type Outcome =
  { ok: true; ticket: Ticket } | { ok: false; problem: Problem; conflict: Conflict | null }

/** Somebody else gave the ticket to other hands while the page was open. */
export interface Handed {
  from: string | null
  to: string | null
}

/** Everything of one open ticket: what was read, kept up to date by the desk's stream, and its verbs. */
export interface OpenTicket {
  stage: Ref<Stage>
  ticket: ShallowRef<Ticket | null>
  entries: ShallowRef<readonly Entry[]>
  files: ShallowRef<reading.File[]>
  links: ShallowRef<reading.Link[]>
  sealed: ShallowRef<reading.Sealed | null>
  id: ComputedRef<string>
  /** What could not be read at the last try; null while all is up to date. */
  behind: Ref<Problem | null>
  /** When the page was last up to date. */
  readAt: Ref<number>
  /** The ticket went out of sight while the page was open. */
  goneNow: Ref<boolean>
  handed: Ref<Handed | null>
  /** Numbers of the events made on this page. */
  own: Ref<ReadonlySet<number>>
  /** What was done here by another way than a verb (a file was sent): its event is one's own. */
  mine: (seq: number) => void
  act: <V extends VerbName>(verb: V, body: Command<V>, text?: string, key?: string) => Promise<Outcome>
  /** Read what is new; calls that come while it is read are answered by one more reading. */
  catchUp: () => Promise<void>
  /** Read everything again from the start. */
  load: () => Promise<void>
}

const RECONNECT_SPREAD_MS = 1000

/** Open a ticket by id or number; lives as long as the component. */
export function useTicket(number: Ref<string>): OpenTicket {
  const stage = ref<Stage>('loading')
  const ticket = shallowRef<Ticket | null>(null)
  const entries = shallowRef<readonly Entry[]>([])
  const files = shallowRef<reading.File[]>([])
  const links = shallowRef<reading.Link[]>([])
  const sealed = shallowRef<reading.Sealed | null>(null)
  const behind = shallowRef<Problem | null>(null)
  const readAt = ref(Date.now())
  const goneNow = ref(false)
  const handed = ref<Handed | null>(null)
  const own = ref<ReadonlySet<number>>(new Set())
  const id = computed(() => ticket.value?.id ?? '')
  let opening = 0

  async function load(): Promise<void> {
    const mine = ++opening
    if (ticket.value?.number !== number.value && id.value !== number.value) clear()
    try {
      const whole = await reading.readWhole(number.value)
      if (mine !== opening) return
      ticket.value = newer(ticket.value, whole.ticket)
      entries.value = withEntries(entries.value, whole.entries)
      files.value = whole.files
      links.value = whole.links
      sealed.value = whole.sealed
      upToDate()
      stage.value = 'ready'
    } catch (error) {
      if (mine === opening) failed(error)
    }
  }

  function clear(): void {
    stage.value = 'loading'
    ticket.value = null
    entries.value = []
    files.value = []
    links.value = []
    sealed.value = null
    handed.value = null
    goneNow.value = false
    own.value = new Set()
  }

  function failed(error: unknown): void {
    if (!(error instanceof Problem)) throw error
    // A session that is over is asked for over the page; the page stands as it was until then.
    if (error.status === 401) return
    behind.value = error
    if (error.status === 404 && stage.value === 'ready') goneNow.value = true
    if (stage.value === 'ready') return
    stage.value = error.status === 404 ? 'gone' : error.status === 403 ? 'forbidden' : 'failed'
  }

  function upToDate(): void {
    behind.value = null
    readAt.value = Date.now()
    goneNow.value = false
  }

  function markOwn(seq: number): void {
    own.value = new Set([...own.value, seq])
  }

  /** Take a reading in. `mine`: it is the answer of what was done here, so nobody needs to be told who has it now. */
  function take(came: Ticket, mine: boolean): void {
    const before = ticket.value
    if (mine) markOwn(came.version)
    const now = newer(before, came)
    if (!mine && before && before.assignee !== now.assignee) {
      handed.value = { from: before.assignee, to: now.assignee }
    }
    if (mine) handed.value = null
    ticket.value = now
  }

  async function readNews(): Promise<void> {
    const came = await reading.readTimeline(id.value, lastSeq(entries.value))
    entries.value = withEntries(entries.value, came)
    const kinds = new Set(came.map((entry) => entry.kind))
    // These change how what was said before is shown.
    if (kinds.has('ticket.hit_released') || kinds.has('person.erased')) {
      entries.value = await reading.readTimeline(id.value, 0)
    }
    const rest: Promise<unknown>[] = [reading.readSealed(id.value).then((now) => (sealed.value = now))]
    if (kinds.has('ticket.attached') || kinds.has('ticket.file_checked')) {
      rest.push(reading.readFiles(id.value).then((now) => (files.value = now)))
    }
    if (['ticket.linked', 'ticket.merged', 'ticket.absorbed'].some((kind) => kinds.has(kind))) {
      rest.push(reading.readLinks(id.value).then((now) => (links.value = now)))
    }
    await Promise.all(rest)
  }

  const catchUp = oneAtATime(async () => {
    if (stage.value !== 'ready') return
    try {
      const came = await reading.readTicket(id.value)
      take(came, own.value.has(came.version))
      await readNews()
      upToDate()
    } catch (error) {
      failed(error)
    }
  })

  /** Writes on their way: what the stream tells meanwhile may be their own doing. */
  const writes = new Set<Promise<unknown>>()
  function noted<T>(write: Promise<T>): Promise<T> {
    writes.add(write)
    const over = (): boolean => writes.delete(write)
    write.then(over, over)
    return write
  }
  async function afterWrites(): Promise<void> {
    while (writes.size > 0) await Promise.allSettled(writes)
  }

  async function act<V extends VerbName>(
    verb: V,
    body: Command<V>,
    text = '',
    key = newKey(),
  ): Promise<Outcome> {
    const seen = 'version' in body && typeof body.version === 'number' ? body.version : lastSeq(entries.value)
    try {
      const came = await noted(command(verb, id.value, body, key))
      take(came, true)
      await readNews().catch(failed)
      return { ok: true, ticket: came }
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (!isStale(error)) return { ok: false, problem: error, conflict: null }
      await catchUp()
      return { ok: false, problem: error, conflict: conflictOf(error, { verb, text }, seen, entries.value) }
    }
  }

  watch(number, load, { immediate: true })
  watch(language, load)
  watch(lost, (isLost) => void (isLost || (stage.value === 'ready' ? catchUp() : load())))
  follow(id, () => ticket.value?.version ?? 0, catchUp, afterWrites)

  return {
    stage, ticket, entries, files, links, sealed, id, behind, readAt, goneNow, handed, own,
    mine: markOwn, act, catchUp, load,
  } // prettier-ignore
}

/** Read again whenever the desk says that this ticket has a version we do not have. */
function follow(
  id: ComputedRef<string>,
  version: () => number,
  catchUp: () => Promise<void>,
  afterWrites: () => Promise<void>,
): void {
  const stream = live()
  let timer = 0
  const later = (withinMs: number): void => {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void catchUp(), Math.random() * withinMs)
  }
  const ends = [
    stream.on('tickets', async (data) => {
      const isNews = (): boolean => {
        const told = heard(data, id.value)
        return told === 'gone' || (told !== null && told.version > version())
      }
      if (!isNews()) return
      await afterWrites()
      if (isNews()) await catchUp()
    }),
    stream.on('again', (data) => later(withinOf(data))),
    stream.on('open', () => later(RECONNECT_SPREAD_MS)),
  ]
  onScopeDispose(() => {
    window.clearTimeout(timer)
    for (const end of ends) end()
  })
}

function withinOf(data: unknown): number {
  if (typeof data !== 'object' || data === null || !('within_ms' in data)) return RECONNECT_SPREAD_MS
  return typeof data.within_ms === 'number' ? data.within_ms : RECONNECT_SPREAD_MS
}

/** At most one run at a time; whoever calls meanwhile gets the one run that starts afterwards. */
export function oneAtATime(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null
  let next: Promise<void> | null = null
  const start = (): Promise<void> => {
    running = run().finally(() => (running = null))
    return running
  }
  return () => {
    if (running === null) return start()
    next ??= running.then(() => {
      next = null
      return start()
    })
    return next
  }
}
