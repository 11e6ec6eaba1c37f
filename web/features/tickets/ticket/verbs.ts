import type { VerbName } from './commands'
import type { Ticket } from './entry'

/** Something one can do with an open ticket: its key, who may, and which actions of the lifecycle allow it. */
export interface Verb {
  name: DoingName
  key: string
  permission: string
  actions: readonly string[]
  /** `held`: somebody must have the ticket; `free`: nobody else may have it. */
  guard?: 'held' | 'free'
  /** Where it stands in the bar: who has it, what it is, the work, its end, other. */
  group: 'hands' | 'what' | 'work' | 'end' | 'other'
}
export type DoingName = VerbName | 'attach' | 'portal_link' | 'verify'

/** Why something cannot be done now. `who` is the login of whoever has it. */
export type Refusal =
  | { why: 'permission'; permission: string }
  | { why: 'state' }
  | { why: 'nobody' }
  | { why: 'mine' }
  | { why: 'another'; who: string }

const CALL_BACK = ['call_back_satisfied', 'call_back_dissatisfied', 'call_back_unreachable']
const EDIT = { permission: 'ticket.edit', actions: ['edit'] } as const

export const VERBS: readonly Verb[] = [
  { name: 'reply', key: 'r', permission: 'ticket.reply', actions: ['reply'], group: 'work' },
  { name: 'note', key: 'n', permission: 'ticket.note', actions: ['note'], group: 'work' },
  { name: 'receive', key: 'i', permission: 'ticket.receive', actions: ['receive'], group: 'work' },
  { name: 'claim', key: 'c', permission: 'ticket.claim', actions: ['claim'], group: 'hands', guard: 'free' },
  { name: 'assign', key: 'a', permission: 'ticket.assign', actions: ['assign'], group: 'hands' },
  { name: 'transfer', key: 't', permission: 'ticket.transfer', actions: ['transfer'], group: 'hands' },
  { name: 'process', key: 's', permission: 'ticket.resolve', actions: ['process'], group: 'work', guard: 'held' },
  { name: 'wait', key: 'w', permission: 'ticket.wait', actions: ['wait'], group: 'work', guard: 'held' },
  { name: 'resume', key: 'u', permission: 'ticket.wait', actions: ['resume'], group: 'work' },
  { name: 'resolve', key: 'd', permission: 'ticket.resolve', actions: ['resolve'], group: 'work', guard: 'held' },
  { name: 'call_back', key: 'b', permission: 'ticket.call_back', actions: CALL_BACK, group: 'work' },
  { name: 'archive', key: 'z', permission: 'ticket.archive', actions: ['archive'], group: 'end' },
  { name: 'nudge', key: 'q', permission: 'ticket.note', actions: ['nudge'], group: 'work' },
  { name: 'new-facts', key: 'Shift+f', permission: 'ticket.edit', actions: ['new_facts'], group: 'what' },
  { name: 'fields', key: 'e', ...EDIT, group: 'what' },
  { name: 'check', key: 'k', ...EDIT, group: 'what' },
  { name: 'priority', key: 'p', ...EDIT, group: 'what' },
  { name: 'tag', key: 'l', ...EDIT, group: 'what' },
  { name: 'reclassify', key: 'y', permission: 'ticket.reclassify', actions: ['reclassify'], group: 'what' },
  { name: 'reopen', key: 'o', permission: 'ticket.reopen', actions: ['reopen'], group: 'end' },
  { name: 'withdraw', key: 'x', permission: 'ticket.withdraw', actions: ['withdraw'], group: 'end' },
  { name: 'reject', key: 'j', permission: 'ticket.reject', actions: ['reject'], group: 'end' },
  { name: 'merge', key: 'm', permission: 'ticket.merge', actions: ['merge'], group: 'end' },
  { name: 'link', key: 'h', permission: 'ticket.link', actions: ['link'], group: 'other' },
  { name: 'attach', key: 'f', permission: 'ticket.attach', actions: ['attach'], group: 'other' },
  { name: 'portal_link', key: 'v', permission: 'portal.link', actions: [], group: 'other' },
  { name: 'verify', key: 'Shift+v', permission: 'evidence.read', actions: [], group: 'other' },
] // prettier-ignore
export const BY_NAME: ReadonlyMap<DoingName, Verb> = new Map(VERBS.map((verb) => [verb.name, verb]))

/** Who asks: what they may do, and their login. */
export interface Asker {
  may: (permission: string) => boolean
  login: string
}

/** Why this cannot be done with the ticket as it stands; null where it can (what is incomplete is asked for then). */
export function refusal(verb: Verb, ticket: Ticket, asker: Asker): Refusal | null {
  if (!asker.may(verb.permission)) return { why: 'permission', permission: verb.permission }
  const possible: readonly string[] = ticket.actions
  if (verb.actions.length > 0 && !verb.actions.some((action) => possible.includes(action))) {
    return { why: 'state' }
  }
  if (verb.guard === 'held' && ticket.assignee === null) return { why: 'nobody' }
  if (verb.guard === 'free' && ticket.assignee !== null) {
    return ticket.assignee === asker.login ? { why: 'mine' } : { why: 'another', who: ticket.assignee }
  }
  return null
}

/** The next steps of a ticket's way, first what is most likely wanted: the bar shows these, the menu the rest. */
export function nextSteps(ticket: Ticket, asker: Asker): Verb[] {
  const wanted: DoingName[] = ticket.assignee === null ? ['claim', ...WAY[ticket.state]] : WAY[ticket.state]
  const found: Verb[] = []
  for (const name of wanted) {
    const verb = BY_NAME.get(name)
    if (verb && !found.includes(verb) && refusal(verb, ticket, asker) === null) found.push(verb)
  }
  return found
}

const WAY: Readonly<Record<Ticket['state'], DoingName[]>> = {
  intake: ['process', 'transfer'],
  assigned: ['claim', 'process', 'resolve', 'transfer'],
  following: ['process', 'resolve', 'wait', 'transfer'],
  processing: ['resolve', 'wait', 'transfer'],
  waiting: ['resume', 'resolve'],
  resolved: ['call_back', 'archive', 'reopen'],
  called_back: ['archive', 'reopen'],
  archived: ['reopen'],
  reopened: ['process', 'resolve', 'wait', 'transfer'],
  withdrawn: ['reopen'],
  rejected: ['reopen'],
  merged: [],
}
