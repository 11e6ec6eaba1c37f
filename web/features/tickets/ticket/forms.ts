import { t } from '@/shared/i18n'
import { channelWord, PRIORITIES, priorityWord } from '@/features/tickets/words'
import type { Command, VerbName } from './commands'
import type { Ticket } from './entry'
import { linkWord } from './sentences'
import type { OpenTicket, Outcome } from './useTicket'

export type Values = Record<string, string>

/** Several codes kept in one value. */
export const listIn = (values: Values, name: string): string[] =>
  (values[name] ?? '').split('\n').filter(Boolean)
export const asList = (codes: Iterable<string>): string => [...codes].join('\n')

/** One question of a verb's dialog. `options` from the desk's people are filled in by the dialog. */
export interface Ask {
  name: string
  kind: 'lines' | 'line' | 'choice' | 'radio' | 'person' | 'team' | 'moment'
  label: string
  help?: string
  needed?: boolean
  options?: () => { code: string; label: string }[]
}

/** What a verb asks before it is done, and how the answers are sent. */
export interface Form {
  verb: VerbName
  asks: readonly Ask[]
  /** Said above the questions, where the verb needs no answers or has a consequence. */
  says?: string
  /** The answer that holds the writer's words: kept in every refusal, shown in a conflict. */
  text?: string
  start: (ticket: Ticket) => Values
  send: (open: OpenTicket, values: Values, version: number, key: string) => Promise<Outcome>
}

const RESULTS = ['satisfied', 'basically_satisfied', 'dissatisfied', 'unreachable'] as const
const OUTCOMES = ['solved', 'explained', 'declined', 'compensated', 'other'] as const
const LINKS = ['related', 'duplicate', 'parent', 'child'] as const
const WAITS = ['customer', 'third_party', 'appraisal'] as const
const CHANNELS = ['phone', 'email', 'chat', 'wechat', 'portal', 'api'] as const
const ZONE = '+08:00'

const REASON: Ask = { name: 'reason', kind: 'lines', label: 'reason', help: 'reason_help', needed: true }
const choices =
  (codes: readonly string[], word: (code: string) => string): NonNullable<Ask['options']> =>
  () =>
    codes.map((code) => ({ code, label: word(code) }))

interface Shape<V extends VerbName> {
  asks: readonly Ask[]
  says?: string
  text?: string
  start?: (ticket: Ticket) => Values
  body: (values: Values, version: number) => Command<V>
}

function form<V extends VerbName>(verb: V, shape: Shape<V>): Form {
  const { asks, says, text, body } = shape
  return {
    verb,
    asks,
    ...(says === undefined ? {} : { says }),
    ...(text === undefined ? {} : { text }),
    start: shape.start ?? (() => ({})),
    send: (open, values, version, key) =>
      open.act(verb, body(values, version), text ? (values[text] ?? '') : '', key),
  }
}

const reason = (values: Values): string => values['reason']?.trim() ?? ''
const maybe = (text: string | undefined): string | null => text?.trim() || null

export const FORMS: readonly Form[] = [
  form('claim', { asks: [], says: 'claim_sure', body: (_, version) => ({ version }) }),
  form('process', { asks: [], says: 'process_sure', body: (_, version) => ({ version }) }),
  form('archive', { asks: [], says: 'archive_sure', body: (_, version) => ({ version }) }),
  form('receive', {
    asks: [
      { name: 'body', kind: 'lines', label: 'received_body', help: 'received_help', needed: true },
      { name: 'channel', kind: 'choice', label: 'channel', options: choices(CHANNELS, channelWord) },
    ],
    text: 'body',
    start: () => ({ channel: 'phone' }),
    body: (values) => ({ body: values['body'] ?? '', channel: oneOf(CHANNELS, values['channel'], 'phone') }),
  }),
  form('assign', {
    asks: [
      { name: 'assignee', kind: 'person', label: 'assignee', help: 'assignee_help' },
      { ...REASON, needed: false },
    ],
    text: 'reason',
    start: (ticket) => ({ assignee: ticket.assignee ?? '' }),
    body: (values, version) => ({
      version,
      assignee: maybe(values['assignee']),
      reason: maybe(values['reason']),
    }),
  }),
  form('transfer', {
    asks: [{ name: 'team', kind: 'team', label: 'team', needed: true }, REASON],
    text: 'reason',
    body: (values, version) => ({ version, team: values['team'] ?? '', reason: reason(values) }),
  }),
  form('priority', {
    asks: [
      { name: 'priority', kind: 'radio', label: 'priority', options: choices(PRIORITIES, (code) => priorityWord(oneOf(PRIORITIES, code, 'normal'))) },
      REASON,
    ],
    text: 'reason',
    start: (ticket) => ({ priority: ticket.priority }),
    body: (values, version) => ({
      version,
      priority: oneOf(PRIORITIES, values['priority'], 'normal'),
      reason: reason(values),
    }),
  }),
  form('wait', {
    asks: [
      { name: 'waiting_for', kind: 'radio', label: 'waiting_for', help: 'waiting_for_help', options: choices(WAITS, (code) => t(`ticket.waiting_for.${code}`)) },
      REASON,
      { name: 'until', kind: 'moment', label: 'until', help: 'until_help' },
    ],
    text: 'reason',
    start: () => ({ waiting_for: 'customer' }),
    body: (values, version) => ({
      version,
      waiting_for: oneOf(WAITS, values['waiting_for'], 'customer'),
      reason: reason(values),
      until: values['until'] ? `${values['until']}:00${ZONE}` : null,
    }),
  }),
  form('resume', {
    asks: [{ ...REASON, needed: false }],
    text: 'reason',
    body: (values, version) => ({ version, reason: maybe(values['reason']) }),
  }),
  form('resolve', {
    asks: [
      { name: 'outcome', kind: 'radio', label: 'outcome', options: choices(OUTCOMES, (code) => t(`ticket.outcome.${code}`)) },
      { name: 'resolution', kind: 'lines', label: 'resolution', help: 'resolution_help', needed: true },
    ],
    text: 'resolution',
    start: () => ({ outcome: 'solved' }),
    body: (values, version) => ({
      version,
      outcome: oneOf(OUTCOMES, values['outcome'], 'solved'),
      resolution: values['resolution'] ?? '',
    }),
  }),
  form('call_back', {
    asks: [
      { name: 'result', kind: 'radio', label: 'result', help: 'result_help', needed: true, options: choices(RESULTS, (code) => t(`ticket.called.${code}`)) },
      { name: 'note', kind: 'lines', label: 'call_note' },
    ],
    text: 'note',
    body: (values, version) => ({
      version,
      result: oneOf(RESULTS, values['result'], 'unreachable'),
      note: maybe(values['note']),
    }),
  }),
  form('reopen', { asks: [REASON], text: 'reason', body: (values, version) => ({ version, reason: reason(values) }) }),
  form('withdraw', {
    asks: [{ name: 'proof', kind: 'lines', label: 'proof', help: 'proof_help', needed: true }],
    text: 'proof',
    body: (values, version) => ({ version, proof: values['proof'] ?? '' }),
  }),
  form('reject', {
    asks: [{ ...REASON, label: 'reason_for_customer' }],
    text: 'reason',
    body: (values, version) => ({ version, reason: reason(values) }),
  }),
  form('merge', {
    asks: [{ name: 'into', kind: 'line', label: 'into', help: 'into_help', needed: true }, REASON],
    text: 'reason',
    body: (values, version) => ({ version, into: values['into']?.trim() ?? '', reason: reason(values) }),
  }),
  form('nudge', {
    asks: [{ name: 'words', kind: 'lines', label: 'nudge_words', help: 'nudge_words_help' }],
    body: (values) => ({ words: maybe(values['words']) }),
  }),
  form('new-facts', {
    asks: [REASON],
    says: 'new_facts_says',
    text: 'reason',
    body: (values, version) => ({ version, reason: reason(values) }),
  }),
  form('link', {
    asks: [
      { name: 'other', kind: 'line', label: 'other', needed: true },
      { name: 'kind', kind: 'choice', label: 'link_kind', options: choices(LINKS, linkWord) },
    ],
    start: () => ({ kind: 'related' }),
    body: (values, version) => ({
      version,
      other: values['other']?.trim() ?? '',
      kind: oneOf(LINKS, values['kind'], 'related'),
    }),
  }),
] // prettier-ignore
export const FORM_OF: ReadonlyMap<string, Form> = new Map(FORMS.map((one) => [one.verb, one]))

/** Verbs that ask nothing: done at once, and shown as a dialog only where they were refused. */
export const AT_ONCE: ReadonlySet<string> = new Set(['claim', 'process'])

/** What must still be answered before it is worth sending, by the name of the question. */
export function unanswered(asked: Form, values: Values): string[] {
  const isNeeded = (ask: Ask): boolean => ask.needed === true || ask.kind === 'radio' || ask.kind === 'choice'
  return asked.asks.filter((ask) => isNeeded(ask) && !values[ask.name]?.trim()).map((ask) => ask.name)
}

function oneOf<T extends string>(known: readonly T[], given: string | undefined, otherwise: T): T {
  return known.find((one) => one === given) ?? otherwise
}
