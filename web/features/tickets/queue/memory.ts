import type { Row } from './filter'

const MOST = 5_000

/** Rows as they were last seen: what a change was a change from. The oldest are forgotten first. */
export class Memory {
  private readonly rows = new Map<string, Row>()

  get(id: string): Row | undefined {
    return this.rows.get(id)
  }

  /** Keep a row unless a newer one is kept. */
  learn(row: Row): void {
    if ((this.rows.get(row.id)?.version ?? 0) > row.version) return
    this.rows.delete(row.id)
    this.rows.set(row.id, row)
    const oldest = this.rows.size > MOST ? this.rows.keys().next().value : undefined
    if (oldest !== undefined) this.rows.delete(oldest)
  }

  forget(id: string): void {
    this.rows.delete(id)
  }
}

/** What this tab saw, shared by the list and the counts. */
export const memory = new Memory()
