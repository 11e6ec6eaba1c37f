import { has, t } from '@/shared/i18n'
import { spokenTime } from '@/shared/i18n/format'
import { channelWord } from '@/features/tickets/words'
import { said, string, type Entry } from './entry'
import type { Names } from './names'

type Say = (entry: Entry, names: Names) => string[]

/** What an event is in words. Each kind a ticket can record stands here; a test holds the list complete. */
export const SAID: Readonly<Record<string, Say>> = {
  'ticket.opened': (entry, names) => [
    line('opened', entry, {
      channel: channelWord(string(entry.data['channel'])),
      case: names.caseType(string(entry.data['case_type'])),
      priority: priority(entry.data['priority']),
    }),
  ],
  'ticket.received': (entry) => [line('received', entry), ...moved(entry)],
  'ticket.replied': (entry) => [line('replied', entry), ...moved(entry)],
  'ticket.noted': (entry) => [line('noted', entry)],
  'ticket.claimed': (entry) => [line('claimed', entry), ...moved(entry)],
  'ticket.assigned': (entry, names) => [handed(entry, names), ...moved(entry)],
  'ticket.transferred': (entry, names) => [
    line('transferred', entry, { team: names.team(string(entry.changes['team_id']?.[1])) }),
  ],
  'ticket.reclassified': (entry, names) => [
    line('reclassified', entry, {
      from: names.caseType(string(entry.changes['case_type']?.[0])),
      to: names.caseType(string(entry.changes['case_type']?.[1])),
    }),
    ...dropped(entry),
  ],
  'ticket.edited': (entry, names) => edited(entry, names),
  'ticket.processing_started': (entry) => [line('processing_started', entry)],
  'ticket.waiting': (entry) => waiting(entry),
  'ticket.resumed': (entry) => [line('resumed', entry), ...moved(entry)],
  'ticket.resolved': (entry) => [line('resolved', entry, { outcome: outcome(entry) })],
  'ticket.called_back': (entry) => calledBack(entry),
  'ticket.archived': (entry) => [line('archived', entry)],
  'ticket.reopened': (entry) => [line('reopened', entry)],
  'ticket.withdrawn': (entry) => [line(isCustomer(entry) ? 'withdrawn_by_customer' : 'withdrawn', entry)],
  'ticket.rejected': (entry) => [line('rejected', entry)],
  'ticket.merged': (entry) => [line('merged', entry, { number: string(entry.data['into']) })],
  'ticket.absorbed': (entry) => [line('absorbed', entry, { number: string(entry.data['merged_from']) })],
  'ticket.linked': (entry) => [line('linked', entry, { kind: linkWord(string(entry.data['link'])) })],
  'ticket.attached': (entry) => [line(forCustomer(entry) ? 'attached_shown' : 'attached', entry, { n: filesOf(entry).length })],
  'ticket.file_checked': (entry) => [line(`file_${string(entry.data['file_state']) || 'checked'}`, entry)],
  'ticket.file_released': (entry) => [line('file_released', entry)],
  'ticket.hit_released': (entry) => [line('hit_released', entry)],
  'ticket.rated': (entry) => [line('rated', entry, { score: string(entry.data['score']) })],
  'ticket.handed_on': (entry, names) => handedOn(entry, names),
  'ticket.nudged': (entry) => [line(entry.data['by'] === 'desk' ? 'nudged_by_desk' : 'nudged', entry)],
  'ticket.new_facts': (entry) => [line('new_facts', entry)],
  'ticket.clock_warned': (entry, names) => [line('clock_warned', entry, clockOf(entry, names))],
  'ticket.clock_breached': (entry, names) => [line('clock_breached', entry, clockOf(entry, names)), ...followed(entry, names)],
  'ticket.escalated': (entry, names) => [line('escalated', entry, clockOf(entry, names)), ...followed(entry, names)],
  'ticket.clock_rebased': (entry, names) => [line('clock_rebased', entry, clockOf(entry, names))],
  'ticket.clock_moved': (entry, names) => [line('clock_moved', entry, { ...clockOf(entry, names), from: when(entry.data['from']), to: when(entry.data['to']) })],
  'ticket.extension_asked': (entry, names) => [line('extension_asked', entry, clockOf(entry, names))],
  'ticket.extension_granted': (entry, names) => [line('extension_granted', entry, clockOf(entry, names))],
  'ticket.extension_refused': (entry, names) => [line('extension_refused', entry, clockOf(entry, names))],
  'ticket.extension_lapsed': (entry, names) => [line('extension_lapsed', entry, clockOf(entry, names))],
  'ticket.task_opened': (entry, names) => [line('task_opened', entry, { team: names.team(string(entry.data['team_id'])) })],
  'ticket.task_done': (entry) => [line('task_done', entry)],
  'ticket.held': (entry) => [line('held', entry)],
  'ticket.hold_lifted': (entry) => [line('hold_lifted', entry)],
  'ticket.retained_out': (entry) => [line('retained_out', entry)],
  'person.erased': (entry) => [line('person_erased', entry)],
  'ticket.customer_merged': (entry) => [line('customer_merged', entry)],
  'ticket.customer_parted': (entry) => [line('customer_parted', entry)],
  'ticket.verification_recorded': (entry) => [line(entry.data['passed'] === true ? 'verified' : 'not_verified', entry, { method: method(entry.data['method']), level: Number(entry.data['level'] ?? 0) })],
} // prettier-ignore

/** An event in words: at least one sentence, the first names who did it. */
export function sentences(entry: Entry, names: Names): string[] {
  const say = SAID[entry.kind]
  return say ? say(entry, names) : [line('other', entry, { kind: entry.kind })]
}

/** What was put on record with the event, each under its heading: a reason, the words for the customer. */
export function quotes(entry: Entry): { label: string; text: string }[] {
  const message = entry.message
  if (message?.kind !== 'record') return []
  const found = [
    { label: t('ticket.quote.resolution'), text: message.resolution },
    { label: t(entry.kind === 'ticket.withdrawn' ? 'ticket.quote.proof' : 'ticket.quote.reason'), text: message.reason },
    { label: t('ticket.quote.comment'), text: message.comment },
  ] // prettier-ignore
  return found.filter((one) => one.text !== '')
}

/** Who did it, as a colleague calls them. */
export function actorName(entry: Entry): string {
  if (entry.actorKind === 'customer') return t('ticket.customer')
  const isSystem = entry.actorKind === 'system'
  // What a customer said at a door is taken in by the desk's own doing.
  if (isSystem && said(entry)?.kind === 'customer') return t('ticket.customer')
  return isSystem ? t('ticket.system') : entry.actor
}

export function linkWord(kind: string): string {
  return t(`ticket.link.${kind || 'related'}`)
}

/** Ids of the files an event brought. */
export function filesOf(entry: Entry): string[] {
  const files: unknown = entry.data['attachments']
  if (!Array.isArray(files)) return []
  return files.flatMap((one: unknown) =>
    typeof one === 'object' && one !== null && 'id' in one && typeof one.id === 'string' ? [one.id] : [],
  )
}

export function forCustomer(entry: Entry): boolean {
  return entry.data['for_customer'] === true
}

function line(key: string, entry: Entry, more: Record<string, string | number> = {}): string {
  return t(`ticket.said.${key}`, { actor: actorName(entry), ...more })
}

function isCustomer(entry: Entry): boolean {
  return entry.actorKind === 'customer'
}

function priority(value: unknown): string {
  return t(`tickets.priority.${string(value)}`)
}

/** How somebody was verified; a way this release has no word for is said as it is written. */
function method(value: unknown): string {
  const key = `ticket.verification.method.${string(value)}`
  return has(key) ? t(key) : string(value)
}

/** That the ticket went on to another state, where the sentence itself does not say so. */
function moved(entry: Entry): string[] {
  const to = string(entry.changes['state']?.[1])
  return to === '' ? [] : [t('ticket.said.moved', { state: t(`tickets.state.${to}`) })]
}

function handed(entry: Entry, names: Names): string {
  const to = string(entry.changes['assignee_id']?.[1])
  if (to === '') return line('put_back', entry)
  return line('assigned', entry, { to: names.person(to) })
}

function handedOn(entry: Entry, names: Names): string[] {
  const from = names.person(string(entry.data['leaver']))
  const to = string(entry.changes['assignee_id']?.[1])
  return [to === '' ? line('handed_back', entry, { from }) : line('handed_on', entry, { from, to: names.person(to) })]
} // prettier-ignore

function dropped(entry: Entry): string[] {
  const codes: unknown = entry.data['dropped']
  return Array.isArray(codes) && codes.length > 0 ? [t('ticket.said.dropped', { n: codes.length })] : []
}

function waiting(entry: Entry): string[] {
  const whom = string(entry.changes['waiting_for']?.[1]) || 'third_party'
  const until = string(entry.changes['waiting_until']?.[1])
  const first = line('waiting', entry, { whom: t(`ticket.waiting_for.${whom}`) })
  return until === ''
    ? [first]
    : [first, t('ticket.said.until', { time: spokenTime(until.replace(' ', 'T')) })]
}

/** Which clock an event is about, and when that is due. */
function clockOf(entry: Entry, names: Names): { clock: string; due: string } {
  return { clock: names.clock(string(entry.data['clock'])), due: when(entry.data['due_at']) }
}

function when(moment: unknown): string {
  const told = string(moment)
  return Number.isNaN(Date.parse(told)) ? '' : spokenTime(told)
}

/** What an escalation changed of the ticket. */
function followed(entry: Entry, names: Names): string[] {
  const [from, to] = entry.changes['priority'] ?? []
  const team = string(entry.changes['team_id']?.[1])
  return [
    ...(to === undefined ? [] : [line('priority', entry, { from: priority(from), to: priority(to) })]),
    ...(team === '' ? [] : [line('transferred', entry, { team: names.team(team) })]),
    ...moved(entry),
  ]
}

function outcome(entry: Entry): string {
  return t(`ticket.outcome.${string(entry.changes['outcome']?.[1]) || 'solved'}`)
}

function calledBack(entry: Entry): string[] {
  const result = string(entry.changes['callback_result']?.[1])
  // Called again with the same result: the event tells no change.
  if (result === '') return [line('called_again', entry), ...moved(entry)]
  return [line('called_back', entry, { result: t(`ticket.called.${result}`) }), ...moved(entry)]
}

function edited(entry: Entry, names: Names): string[] {
  const found: string[] = []
  const [from, to] = entry.changes['priority'] ?? []
  if (to !== undefined) found.push(line('priority', entry, { from: priority(from), to: priority(to) }))
  found.push(...listed(entry, 'checklist', names.check), ...listed(entry, 'evidence', names.evidence))
  found.push(...listed(entry, 'tags', (tag) => tag))
  const fields = under(entry, 'fields').map(names.field)
  const elements = under(entry, 'elements').map(names.element)
  if (fields.length + elements.length > 0) {
    found.push(line('fields', entry, { names: list([...elements, ...fields]) }))
  }
  if (entry.changed.includes('title')) found.push(line('title', entry))
  return found.length > 0 ? found : [line('edited', entry)]
}

function listed(entry: Entry, name: string, called: (code: string) => string): string[] {
  const change = entry.changes[name]
  if (!change) return []
  const [before, after] = [codes(change[0]), codes(change[1])]
  const added = after.filter((code) => !before.includes(code)).map(called)
  const removed = before.filter((code) => !after.includes(code)).map(called)
  return [
    ...(added.length > 0 ? [counted(`${name}_on`, entry, added)] : []),
    ...(removed.length > 0 ? [counted(`${name}_off`, entry, removed)] : []),
  ]
}

/** Named one by one, or counted where a name is not known. */
function counted(key: string, entry: Entry, names: readonly string[]): string {
  const isNamed = names.every((name) => name !== '')
  return isNamed
    ? line(key, entry, { names: list(names) })
    : line(`${key}_n`, entry, { n: names.length, names: list(names) })
}

function under(entry: Entry, name: string): string[] {
  return entry.changed.filter((one) => one.startsWith(`${name}.`)).map((one) => one.slice(name.length + 1))
}

function codes(value: unknown): string[] {
  return Array.isArray(value) ? value.map(string) : []
}

/** Names one after the other, as the language lists them. */
export function list(names: readonly string[]): string {
  return names.join(t('ticket.comma'))
}
