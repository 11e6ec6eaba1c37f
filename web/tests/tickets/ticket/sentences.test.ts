import { beforeEach, describe, expect, it } from 'vitest'
import type { Entry } from '@/features/tickets/ticket/entry'
import { readEntry } from '@/features/tickets/ticket/entry'
import { pieces } from '@/features/tickets/ticket/masked'
import { NO_NAMES } from '@/features/tickets/ticket/names'
import { quotes, SAID, sentences } from '@/features/tickets/ticket/sentences'
import { anEntry, lifecycle } from './made'
import { speakIn } from './texts'

/** Every kind with what the desk tells of it, in the variants that read differently. */
const TOLD: Partial<Entry>[] = [
  { kind: 'ticket.opened', data: { channel: 'phone', case_type: 'general', priority: 'urgent' } },
  { kind: 'ticket.assigned', changes: { assignee_id: [null, 'x'] } },
  { kind: 'ticket.assigned', changes: { assignee_id: ['x', null], state: ['intake', 'assigned'] } },
  { kind: 'ticket.waiting', changes: { waiting_for: [null, 'customer'], waiting_until: [null, '2026-11-23 09:35:02.186258+00:00'] } },
  { kind: 'ticket.called_back', changes: { callback_result: [null, 'dissatisfied'], state: ['resolved', 'reopened'] } },
  { kind: 'ticket.called_back' },
  { kind: 'ticket.resolved', changes: { outcome: [null, 'compensated'] } },
  { kind: 'ticket.reclassified', changes: { case_type: ['general', 'lost_card'] }, data: { dropped: ['a', 'b'] } },
  { kind: 'ticket.edited', changes: { priority: ['low', 'urgent'], tags: [['a'], ['b']], checklist: [[], ['x']], evidence: [['y'], []] }, changed: ['fields.amount', 'elements.symptom', 'title'] },
  { kind: 'ticket.edited' },
  { kind: 'ticket.withdrawn', actorKind: 'customer' },
  { kind: 'ticket.linked', data: { link: 'duplicate' } },
  { kind: 'ticket.handed_on', data: { leaver: 'x' }, changes: { assignee_id: ['x', null] } },
  { kind: 'ticket.handed_on', data: { leaver: 'x' }, changes: { assignee_id: ['x', 'y'] } },
  { kind: 'ticket.attached', data: { attachments: [{ id: 'f' }], for_customer: true } },
  { kind: 'ticket.rated', data: { score: 5 }, actorKind: 'customer' },
] // prettier-ignore
const BARE: Partial<Entry>[] = lifecycle.kinds.filter((kind) => kind !== 'ticket.opened').map((kind) => ({ kind })) // prettier-ignore

describe.each(['zh', 'en'] as const)('what happened, in words (%s)', (language) => {
  beforeEach(() => speakIn(language))

  it('has words for every kind a ticket can record', () => {
    expect(lifecycle.kinds.filter((kind) => !(kind in SAID))).toEqual([])
    expect(Object.keys(SAID).filter((kind) => !lifecycle.kinds.includes(kind))).toEqual([])
  })

  it.each([...TOLD, ...BARE])('says $kind whole', (told) => {
    const lines = sentences(anEntry(7, told), NO_NAMES)
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect(line).not.toMatch(/[{}]|ticket\.|tickets\.|undefined/)
  })

  it('says what it does not know as a change of that kind', () => {
    expect(sentences(anEntry(1, { kind: 'ticket.new_kind' }), NO_NAMES)[0]).toContain('ticket.new_kind')
  })
})

describe('sentences', () => {
  beforeEach(() => speakIn('zh'))

  it('names steps, and counts them where no title is known', () => {
    const entry = anEntry(2, { kind: 'ticket.edited', changes: { checklist: [[], ['a', 'b']] } })
    expect(sentences(entry, { ...NO_NAMES, check: (code) => `第${code}步` })[0]).toContain('第a步、第b步')
    expect(sentences(entry, { ...NO_NAMES, check: () => '' })[0]).toBe('陈晓示 完成了 2 个步骤')
  })

  it('quotes the reason, the words for the customer, and the proof', () => {
    const message = { kind: 'record', reason: '要查流水', resolution: '', comment: '', before: {} } as const
    expect(quotes(anEntry(3, { kind: 'ticket.waiting', message }))).toEqual([
      { label: '原因', text: '要查流水' },
    ])
    expect(quotes(anEntry(3, { kind: 'ticket.withdrawn', message }))[0]?.label).toBe('客户原话')
  })

  it('reads an entry as it came, and takes what is not as declared as absent', () => {
    const message = {
      kind: 'customer',
      channel: 'phone',
      body: '卡号 6200',
      spans: [[3, 7, 'card_number', 'v'], ['x']],
    }
    const entry = readEntry({
      seq: 1,
      at: '2026-11-20T02:00:00Z',
      kind: 'ticket.received',
      actor: 'system',
      actor_kind: 'system',
      data: { changes: { state: ['waiting', 'processing'], odd: 3 }, changed: [1, 'title'] },
      message,
    })
    expect(entry.changes).toEqual({ state: ['waiting', 'processing'] })
    expect(entry.changed).toEqual(['title'])
    expect(entry.message).toEqual({
      kind: 'customer',
      channel: 'phone',
      body: '卡号 6200',
      spans: [{ start: 3, end: 7, kind: 'card_number', valueId: 'v' }],
    })
  })
})

describe('masks', () => {
  it('cuts by code points and shows removed secrets', () => {
    const text = '😀卡 6200**** 码 ▇▇▇[CVV] 完'
    expect(pieces(text, [{ start: 3, end: 11, kind: 'card_number' }])).toEqual([
      { text: '😀卡 ', kind: '' },
      { text: '6200****', kind: 'card_number' },
      { text: ' 码 ', kind: '' },
      { text: '▇▇▇[CVV]', kind: 'cvv' },
      { text: ' 完', kind: '' },
    ])
  })

  it('loses nothing of the text whatever the spans say', () => {
    const odd = [{ start: 5, end: 2, kind: 'x' }, { start: 0, end: 99, kind: 'x' }, { start: 1, end: 3, kind: 'mobile' }] // prettier-ignore
    expect(pieces('一二三四', odd).map((piece) => piece.text).join('')).toBe('一二三四') // prettier-ignore
  })
})
