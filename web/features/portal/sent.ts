import { keeps } from './session'
import type { Ticket } from './ticket'

let last: Ticket | null = null
keeps(() => (last = null))

/** The ticket just sent, with what the desk said on sending it, for the page that shows its number at once. */
export function keepSent(ticket: Ticket): void {
  last = ticket
}

/** The ticket just sent, if it is this one. */
export function justSent(number: string): Ticket | null {
  return last?.number === number ? last : null
}
