import type { Row } from '@/features/tickets/queue/filter'

/** A row of the list; what a test is about is said, the rest is plain. */
export function row(id: string, said: Partial<Row> = {}): Row {
  return {
    id,
    number: `83497${id.padStart(5, '0')}`,
    version: 1,
    state: 'following',
    priority: 'normal',
    title: `ticket ${id}`,
    case_type: 'general',
    channel: 'phone',
    customer_id: null,
    team: 'CS',
    assignee: 'me',
    tags: [],
    opened_at: '2026-11-20T01:00:00Z',
    changed_at: '2026-11-21T01:00:00Z',
    due_at: `2026-11-22T${id.padStart(2, '0')}:00:00Z`,
    clock_state: 'running',
    ...said,
  }
}

/** Codes and ids of the tests' people. */
export const IDS = {
  team: (code: string): string | undefined => (code === 'CS' ? 't-cs' : undefined),
  staff: (login: string): string | undefined => (['me', 'she'].includes(login) ? `s-${login}` : undefined),
}
