import type { Schema } from '@/shared/api/client'
import { has, t } from '@/shared/i18n'

export type State = Schema['TicketRow']['state']
export type Priority = Schema['TicketRow']['priority']

/** The six stages of the ring, in order, and which of them a state stands in. */
const STAGE_AT: Readonly<Record<State, number>> = {
  intake: 0,
  assigned: 1,
  following: 2,
  reopened: 2,
  processing: 3,
  waiting: 3,
  resolved: 4,
  called_back: 4,
  archived: 5,
  withdrawn: 5,
  rejected: 5,
  merged: 5,
}
/** States a ticket does not leave by itself. */
export const CLOSED_STATES: readonly State[] = ['archived', 'withdrawn', 'rejected', 'merged']
/** States in which somebody still owes something: to the customer, or a call back, or the archive. */
export const OPEN_STATES: readonly State[] = [
  'intake',
  'assigned',
  'following',
  'processing',
  'waiting',
  'resolved',
  'called_back',
  'reopened',
]
export const PRIORITIES: readonly Priority[] = ['urgent', 'normal', 'low']

/** Where on the ring a state stands (0–5). */
export function stageAt(state: State): number {
  return STAGE_AT[state]
}

/** Whether the loop is closed. */
export function isClosed(state: State): boolean {
  return CLOSED_STATES.includes(state)
}

export function stateWord(state: State): string {
  return t(`tickets.state.${state}`)
}

export function priorityWord(priority: Priority): string {
  return t(`tickets.priority.${priority}`)
}

/** The channel as the desk calls it; its code where it is a new one. */
export function channelWord(channel: string): string {
  const key = `tickets.channel.${channel}`
  return has(key) ? t(key) : channel
}
