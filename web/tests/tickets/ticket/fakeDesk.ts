import { effectScope, nextTick, type EffectScope } from 'vue'
import { afterEach, beforeEach, vi } from 'vitest'
import { Problem } from '@/shared/api/problem'
import type { Entry, Ticket } from '@/features/tickets/ticket/entry'
import { aTicket, anEntry } from './made'

/** What stands in for the desk: its ticket, what was read of it, and its drafts. Mock the modules below with it. */
export const told = {
  listeners: new Map<string, (data: unknown) => void>(),
  act: (): Promise<unknown> => Promise.reject(new Error('not set')),
  ticket: null as Ticket | null,
  entries: [] as Entry[],
  reads: 0,
  afters: [] as number[],
  kept: [] as string[],
  dropped: [] as string[],
  failDrafts: false,
}
const SEALED = { head_seq: 3, sealed_seq: 2, seal_no: 1 }

export const live = {
  live: () => ({
    on: (kind: string, call: (data: unknown) => void) => {
      told.listeners.set(kind, call)
      return () => told.listeners.delete(kind)
    },
  }),
}
export const reading = {
  readTicket: () => {
    told.reads += 1
    return told.ticket
      ? Promise.resolve(told.ticket)
      : Promise.reject(new Problem(404, { title: 'NotFound' }))
  },
  readTimeline: (_: string, after: number) => {
    told.afters.push(after)
    return Promise.resolve(told.entries.filter((entry) => entry.seq > after))
  },
  readFiles: () => Promise.resolve([]),
  readLinks: () => Promise.resolve([]),
  readSealed: () => Promise.resolve(SEALED),
  readWhole: () =>
    Promise.resolve({ ticket: told.ticket, entries: told.entries, files: [], links: [], sealed: SEALED }),
}
export const commands = { command: () => told.act() }
export const drafts = {
  readDrafts: () => Promise.resolve([]),
  keepDraft: (_: string, __: string, body: string) => {
    if (told.failDrafts) return Promise.reject(new Problem(0, null))
    told.kept.push(body)
    return Promise.resolve({ id: `draft-${told.kept.length}` })
  },
  dropDraft: (id: string) => {
    told.dropped.push(id)
    return Promise.resolve()
  },
}

export const FIRST = [anEntry(1), anEntry(2), anEntry(3)]
let scope: EffectScope | null = null
let colleague = 0

export function stands(ticket: Partial<Ticket>, entries: Entry[]): void {
  told.ticket = aTicket(ticket)
  told.entries = entries
}
export function tell(version: number): void {
  told.listeners.get('tickets')?.({ rows: [{ id: aTicket().id, version }], gone: [] })
}
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve()
  await nextTick()
}
/** Run a component's set-up without a component; `close` is its end. */
export function setUp<T>(run: () => T): T {
  scope = effectScope()
  const made = scope.run(run)
  if (made === undefined) throw new Error('no scope')
  return made
}
export function close(): void {
  scope?.stop()
}

/** Fake timers, a desk of three entries, and another colleague than before, who finds nothing half written. */
export function eachTime(): void {
  beforeEach(async () => {
    vi.useFakeTimers()
    colleague += 1
    // Later than the mocks: the session itself uses the stream.
    const { me } = await import('@/features/identity/session')
    me.value = { id: `${colleague}`, login: 'agent', name: '陈晓示', language: 'zh', permissions: [], teams: [], csrf_token: null, sign_out_url: null } // prettier-ignore
    await nextTick()
    stands({}, FIRST)
    Object.assign(told, { reads: 0, afters: [], kept: [], dropped: [], failDrafts: false })
  })
  afterEach(() => {
    close()
    vi.useRealTimers()
  })
}
