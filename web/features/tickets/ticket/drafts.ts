import { api, ask, type Schema } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'

export type Draft = Schema['Draft']

/** One's own drafts of a ticket, newest first. Throws Problem. */
export async function readDrafts(ticketId: string): Promise<Draft[]> {
  const all = await ask(api.GET('/api/v1/drafts'))
  return all.filter((draft) => draft.ticket_id === ticketId)
}

/** Keep a text; gives the draft it became. Throws Problem. */
export async function keepDraft(
  ticketId: string,
  verb: 'reply' | 'note',
  body: string,
): Promise<Draft | null> {
  const kept = await ask(
    api.POST('/api/v1/tickets/{id}/drafts', { params: { path: { id: ticketId } }, body: { verb, body } }),
  )
  return kept[0] ?? null
}

/** Throw a draft away; one that is gone already is gone. Throws Problem. */
export async function dropDraft(id: string): Promise<void> {
  try {
    await ask(api.DELETE('/api/v1/drafts/{id}', { params: { path: { id } } }))
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) throw error
  }
}
