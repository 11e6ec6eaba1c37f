import { api, ask, type Schema } from '@/shared/api/client'
import { readEntry, type Entry, type Ticket } from './entry'

export type File = Schema['AttachmentView']
export type Link = Schema['LinkView']
export type Sealed = Schema['EvidenceStatus']

/** Everything of one ticket, as read at one time. */
export interface Whole {
  ticket: Ticket
  entries: Entry[]
  files: File[]
  links: Link[]
  sealed: Sealed
}

const MOST = 500
const at = (id: string): { params: { path: { id: string } } } => ({ params: { path: { id } } })

/** A ticket by id or number. Throws Problem. */
export function readTicket(id: string): Promise<Ticket> {
  return ask(api.GET('/api/v1/tickets/{id}', at(id)))
}

/** What happened after a number, to the end. Throws Problem. */
export async function readTimeline(id: string, after: number): Promise<Entry[]> {
  const found: Entry[] = []
  let from: number | null = after
  while (from !== null) {
    const query: { after: number; limit: number } = { after: from, limit: MOST }
    const page: Schema['Timeline'] = await ask(
      api.GET('/api/v1/tickets/{id}/timeline', { params: { path: { id }, query } }),
    )
    found.push(...page.items.map(readEntry))
    from = page.next
  }
  return found
}

export function readFiles(id: string): Promise<File[]> {
  return ask(api.GET('/api/v1/tickets/{id}/attachments', at(id)))
}

export function readLinks(id: string): Promise<Link[]> {
  return ask(api.GET('/api/v1/tickets/{id}/links', at(id)))
}

export function readSealed(id: string): Promise<Sealed> {
  return ask(api.GET('/api/v1/tickets/{id}/evidence', at(id)))
}

export function verify(id: string): Promise<Schema['Verified']> {
  return ask(api.GET('/api/v1/tickets/{id}/verify', at(id)))
}

/** All of it at once. Throws Problem. */
export async function readWhole(id: string): Promise<Whole> {
  const [ticket, entries, files, links, sealed] = await Promise.all([
    readTicket(id),
    readTimeline(id, 0),
    readFiles(id),
    readLinks(id),
    readSealed(id),
  ])
  return { ticket, entries, files, links, sealed }
}
