import { api, ask, type Schema } from '@/shared/api/client'
import type { Row } from './filter'

/** Take a ticket. Throws Problem: somebody else has it, it changed, it is closed. */
export async function claim(row: Row): Promise<Row> {
  const view = await ask(
    api.POST('/api/v1/tickets/{id}/claim', {
      params: { path: { id: row.id } },
      body: { version: row.version },
    }),
  )
  return rowOf(view, row)
}

/** The line of a ticket, from its whole view. */
export function rowOf(view: Schema['TicketView'], row: Row): Row {
  const { version, state, priority, title, case_type, team, assignee, tags, changed_at } = view
  return {
    ...row,
    version,
    state,
    priority,
    title,
    case_type,
    team,
    assignee,
    tags,
    changed_at,
    ...firstClock(view),
  }
}

function firstClock(view: Schema['TicketView']): Pick<Row, 'due_at' | 'clock_state'> {
  const running = view.clocks.filter((one) => !one.stopped_at)
  const first = running.toSorted((a, b) => Date.parse(a.due_at) - Date.parse(b.due_at))[0]
  return { due_at: first?.due_at ?? null, clock_state: first?.state ?? null }
}
