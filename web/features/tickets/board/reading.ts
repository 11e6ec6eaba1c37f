import { api, ask, type Schema } from '@/shared/api/client'

export type Board = Schema['Board']
export type BoardRow = Schema['BoardRow']

/** What falls due within so many minutes, of a team (code; empty: all one sees). Throws Problem. */
export function readBoard(within: number, team: string): Promise<Board> {
  const query = { within, ...(team ? { team } : {}) }
  return ask(api.GET('/api/v1/sla/board', { params: { query } }))
}
