import { describe, expect, it } from 'vitest'
import type { CalendarBody, PolicyBody } from '@/features/sla/api'
import * as calendars from '@/features/sla/calendars/draft'
import * as policies from '@/features/sla/policies/draft'

const OFFICE = [{ start: 540, end: 1080 }]
const CALENDAR: CalendarBody = {
  code: 'cn_working',
  title: { zh: '工作日', en: 'Working days' },
  zone: 'Asia/Shanghai',
  week: [OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, [], []],
  days: [
    { on: '2026-10-01', kind: 'holiday', name: '国庆节', segments: [] },
    { on: '2026-10-10', kind: 'makeup', name: '国庆节', segments: OFFICE },
  ],
  statutory: 'CN',
  years: [2025, 2026],
  queues: [
    { queue: 'CS', week: null, days: [{ on: '2026-01-01', kind: 'override', name: '', segments: OFFICE }] },
  ],
}
const POLICY: PolicyBody = {
  code: 'complaints',
  title: { zh: '投诉', en: 'Complaints' },
  rank: 10,
  match: { case_types: [], kinds: ['complaint'], priorities: [], channels: [], tiers: ['vip'] },
  clocks: [
    {
      code: 'CN_NFRA',
      title: { zh: '投诉处理', en: 'Complaint' },
      limit: { amount: 15, unit: 'calendar_day', calendar: 'cn_working', last_day: 'next_working_day' },
      starts_on: ['opened'],
      stops_on: ['called_back', 'resolved'],
      restarts_on: ['new_facts'],
      pauses_for: ['appraisal'],
      team: '',
      stages: [
        {
          code: 'complex',
          limit: { amount: 30, unit: 'calendar_day', calendar: '', last_day: 'strict' },
          when: { zh: '情况复杂', en: 'Complex' },
          approval: 'sla.extend',
          notify_customer: true,
        },
      ],
      ladder: [
        { code: 'half', share: 50, do: [{ do: 'tell', to: 'assignee' }] },
        { code: 'near', left_seconds: 7200, do: [{ do: 'tell', to: 'role:supervisor' }, { do: 'nudge' }] },
        { code: 'odd', after_seconds: 90, do: [{ do: 'raise_priority', to: 'urgent' }] },
        {
          code: 'late',
          after_seconds: 0,
          do: [
            { do: 'move', team: 'CP' },
            { do: 'task', team: 'CP', title: { zh: '督办', en: 'See to it' } },
          ],
        },
      ],
      basis: { zh: '办法', en: 'Rule' },
      source: 'S1',
      verified: 'yes',
    },
    { code: 'first_response', title: { zh: '首响', en: 'First' }, limit: null, starts_on: ['opened'], stops_on: ['replied'], restarts_on: [], pauses_for: [], team: '', stages: [], ladder: [], basis: null, source: '', verified: 'own' },
  ],
} // prettier-ignore

describe('a calendar being edited', () => {
  it('is sent as it was read where nothing is changed', () => {
    expect(calendars.bodyOf('cn_working', calendars.draftOf(CALENDAR))).toEqual({ body: CALENDAR, unfit: [] })
  })
  it('names what is no time, no date and no team, by the pointer of its place', () => {
    const draft = calendars.draftOf(CALENDAR)
    const changed = {
      ...draft,
      week: draft.week.map((day, at) => (at === 2 ? [{ from: '9', to: '?' }] : day)),
      days: [...draft.days, { on: '', kind: 'holiday' as const, name: '', times: 'all day' }],
      queues: [{ queue: '', week: null, days: [] }],
    }
    expect(calendars.bodyOf('cn_working', changed).unfit).toEqual([
      { pointer: '/week/2', why: 'time' },
      { pointer: '/days/2/segments', why: 'time' },
      { pointer: '/days/2/on', why: 'date' },
      { pointer: '/queues/0/queue', why: 'queue' },
    ])
  })
  it('lists its days by year, the newest first, new ones on top, each with its own place', () => {
    const days = calendars.draftOf(CALENDAR).days
    const more = [{ ...days[0], on: '2025-01-01' }, ...days, { ...days[0], on: '' }] as calendars.DayDraft[]
    const years = calendars.byYear(more)
    expect(years.map((one) => one.year)).toEqual(['', '2026', '2025'])
    expect(years.flatMap((one) => one.rows.map((row) => row.at)).sort()).toEqual([0, 1, 2, 3])
  })
})

describe('a policy being edited', () => {
  it('is sent as it was read where nothing is changed', () => {
    expect(policies.bodyOf(policies.draftOf(POLICY))).toEqual({ body: POLICY, unfit: [] })
  })
  it('says a rung in the unit one thinks in', () => {
    const ladder = policies.draftOf(POLICY).clocks[0]?.ladder ?? []
    expect(ladder.map((one) => [one.when, one.amount, one.per])).toEqual([
      ['share', '50', 'minute'],
      ['left', '2', 'hour'],
      ['after', '90', 'second'],
      ['after', '0', 'minute'],
    ])
  })
  it('names what is no number where it stands, and keeps what was typed', () => {
    const draft = policies.draftOf(POLICY)
    const [rule] = draft.clocks
    if (!rule?.limit) throw new Error('no rule')
    const typed = { ...draft, rank: 'first', clocks: [{ ...rule, limit: { ...rule.limit, amount: '1.5' } }] }
    expect(policies.bodyOf(typed).unfit).toEqual([
      { pointer: '/rank', why: 'number' },
      { pointer: '/clocks/0/limit/amount', why: 'number' },
    ])
    expect(typed.clocks[0]?.limit.amount).toBe('1.5')
  })
  it('forgets the last day’s rule where the unit has none', () => {
    const draft = policies.draftOf(POLICY)
    const [rule] = draft.clocks
    if (!rule?.limit) throw new Error('no rule')
    const hours = { ...draft, clocks: [{ ...rule, limit: { ...rule.limit, unit: 'hour' as const } }] }
    expect(policies.bodyOf(hours).body.clocks[0]?.limit?.last_day).toBe('strict')
  })
})
