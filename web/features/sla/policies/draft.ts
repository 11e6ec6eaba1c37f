import { SIGNALS } from '../words'
import type { Deed, Limit, Match, PauseReason, PolicyBody, Rule, Signal, Stage, Step, Unit } from '../api'

/** A policy as one edits it: texts and codes, so that nothing typed is lost, however wrong. */
export interface LimitDraft {
  amount: string
  unit: Unit
  calendar: string
  lastDay: 'strict' | 'next_working_day'
}
export interface DeedDraft {
  do: Deed['do']
  /** Whom to tell; `role` with the role's code apart. */
  to: 'assignee' | 'team' | 'lead' | 'customer' | 'role'
  role: string
  priority: 'urgent' | 'normal'
  team: string
  zh: string
  en: string
}
export type When = 'share' | 'left' | 'after'
export interface StepDraft {
  code: string
  when: When
  amount: string
  /** Of `left` and `after`; a share is per cent. */
  per: 'second' | 'minute' | 'hour' | 'day'
  deeds: DeedDraft[]
}
export interface StageDraft {
  code: string
  limit: LimitDraft
  zh: string
  en: string
  approval: string
  notify: boolean
}
export interface RuleDraft {
  code: string
  zh: string
  en: string
  /** Without one: what the case type promises. */
  limit: LimitDraft | null
  starts: readonly string[]
  stops: readonly string[]
  restarts: readonly string[]
  pauses: readonly string[]
  team: string
  stages: StageDraft[]
  ladder: StepDraft[]
  basisZh: string
  basisEn: string
  source: string
  verified: NonNullable<Rule['verified']>
}
export interface PolicyDraft {
  code: string
  zh: string
  en: string
  rank: string
  match: { [M in keyof Match]-?: readonly string[] }
  clocks: RuleDraft[]
}
/** What cannot be sent, by pointer into the body. */
export interface Unfit {
  pointer: string
  why: 'number'
}

export const MATCHES = ['case_types', 'kinds', 'priorities', 'channels', 'tiers'] as const
const SECONDS = { second: 1, minute: 60, hour: 3600, day: 86_400 } as const

export function draftOf(body: PolicyBody): PolicyDraft {
  return {
    code: body.code,
    zh: body.title.zh,
    en: body.title.en,
    rank: String(body.rank ?? 100),
    match: {
      case_types: body.match?.case_types ?? [],
      kinds: body.match?.kinds ?? [],
      priorities: body.match?.priorities ?? [],
      channels: body.match?.channels ?? [],
      tiers: body.match?.tiers ?? [],
    },
    clocks: body.clocks.map(ruleDraft),
  }
}

function ruleDraft(rule: Rule): RuleDraft {
  return {
    code: rule.code,
    zh: rule.title.zh,
    en: rule.title.en,
    limit: rule.limit ? limitDraft(rule.limit) : null,
    starts: rule.starts_on ?? ['opened'],
    stops: rule.stops_on ?? ['resolved'],
    restarts: rule.restarts_on ?? [],
    pauses: rule.pauses_for ?? [],
    team: rule.team ?? '',
    stages: (rule.stages ?? []).map(stageDraft),
    ladder: (rule.ladder ?? []).map(stepDraft),
    basisZh: rule.basis?.zh ?? '',
    basisEn: rule.basis?.en ?? '',
    source: rule.source ?? '',
    verified: rule.verified ?? 'own',
  }
}

export function limitDraft(limit: Limit): LimitDraft {
  return { amount: String(limit.amount), unit: limit.unit, calendar: limit.calendar ?? '', lastDay: limit.last_day ?? 'strict' }
} // prettier-ignore

function stageDraft(stage: Stage): StageDraft {
  return {
    code: stage.code,
    limit: limitDraft(stage.limit),
    zh: stage.when.zh,
    en: stage.when.en,
    approval: stage.approval ?? 'sla.extend',
    notify: stage.notify_customer ?? true,
  }
}

export function stepDraft(step: Step): StepDraft {
  const seconds = step.left_seconds ?? step.after_seconds ?? 0
  const [amount, per] = spoken(seconds)
  const when: When = step.share != null ? 'share' : step.left_seconds != null ? 'left' : 'after'
  return {
    code: step.code,
    when,
    amount: when === 'share' ? String(step.share) : amount,
    per,
    deeds: step.do.map(deedDraft),
  }
}

/** Seconds in the largest unit that says them whole. */
function spoken(seconds: number): [string, StepDraft['per']] {
  if (seconds === 0) return ['0', 'minute']
  const per = (['day', 'hour', 'minute'] as const).find((one) => seconds % SECONDS[one] === 0) ?? 'second'
  return [String(seconds / SECONDS[per]), per]
}

function deedDraft(deed: Deed): DeedDraft {
  const draft: DeedDraft = { ...NEW_DEED, do: deed.do }
  switch (deed.do) {
    case 'tell': {
      const role = deed.to.startsWith('role:') ? deed.to.slice(5) : ''
      const to = (['assignee', 'team', 'lead', 'customer'] as const).find((one) => one === deed.to) ?? 'role'
      return { ...draft, to, role }
    }
    case 'raise_priority':
      return { ...draft, priority: deed.to }
    case 'move':
      return { ...draft, team: deed.team }
    case 'task':
      return { ...draft, team: deed.team, zh: deed.title.zh, en: deed.title.en }
    case 'nudge':
      return draft
  }
}

export const NEW_DEED: DeedDraft = { do: 'tell', to: 'assignee', role: '', priority: 'urgent', team: '', zh: '', en: '' } // prettier-ignore
export const NEW_LIMIT: LimitDraft = { amount: '', unit: 'hour', calendar: '', lastDay: 'strict' }
export const NEW_RULE: RuleDraft = {
  code: '', zh: '', en: '', limit: NEW_LIMIT, starts: ['opened'], stops: ['resolved'], restarts: [], pauses: [], team: '',
  stages: [], ladder: [], basisZh: '', basisEn: '', source: '', verified: 'own',
} // prettier-ignore
export const NEW_POLICY: PolicyDraft = {
  code: '', zh: '', en: '', rank: '100', match: { case_types: [], kinds: [], priorities: [], channels: [], tiers: [] },
  clocks: [NEW_RULE],
} // prettier-ignore

/** The policy to send, and what in the draft is no number. */
export function bodyOf(draft: PolicyDraft): { body: PolicyBody; unfit: Unfit[] } {
  const unfit: Unfit[] = []
  const number = (typed: string, pointer: string): number => {
    const text = typed.trim()
    if (!/^\d+$/.test(text)) unfit.push({ pointer, why: 'number' })
    return Number(text) || 0
  }
  const limit = (one: LimitDraft, pointer: string): Limit => ({
    amount: number(one.amount, `${pointer}/amount`),
    unit: one.unit,
    calendar: one.calendar,
    last_day: one.unit.endsWith('_day') ? one.lastDay : 'strict',
  })
  const body: PolicyBody = {
    code: draft.code.trim(),
    title: { zh: draft.zh.trim(), en: draft.en.trim() },
    rank: number(draft.rank, '/rank'),
    match: Object.fromEntries(MATCHES.map((name) => [name, [...draft.match[name]]])),
    clocks: draft.clocks.map((rule, at) => ({
      code: rule.code.trim(),
      title: { zh: rule.zh.trim(), en: rule.en.trim() },
      limit: rule.limit && limit(rule.limit, `/clocks/${at}/limit`),
      starts_on: signals(rule.starts),
      stops_on: signals(rule.stops),
      restarts_on: signals(rule.restarts),
      pauses_for: rule.pauses.filter(isPause),
      team: rule.team,
      stages: rule.stages.map((one, index) => ({
        code: one.code.trim(),
        limit: limit(one.limit, `/clocks/${at}/stages/${index}/limit`),
        when: { zh: one.zh.trim(), en: one.en.trim() },
        approval: one.approval,
        notify_customer: one.notify,
      })),
      ladder: rule.ladder.map((one, index) => stepOf(one, `/clocks/${at}/ladder/${index}`, number)),
      basis: rule.basisZh.trim() || rule.basisEn.trim() ? { zh: rule.basisZh.trim(), en: rule.basisEn.trim() } : null,
      source: rule.source.trim(),
      verified: rule.verified,
    })),
  }
  return { body, unfit }
} // prettier-ignore

function stepOf(step: StepDraft, pointer: string, number: (typed: string, at: string) => number): Step {
  const at = { share: 'share', left: 'left_seconds', after: 'after_seconds' }[step.when]
  const amount = number(step.amount, `${pointer}/${at}`)
  return {
    code: step.code.trim(),
    [at]: step.when === 'share' ? amount : amount * SECONDS[step.per],
    do: step.deeds.map(deedOf),
  }
}

function deedOf(deed: DeedDraft): Deed {
  switch (deed.do) {
    case 'tell':
      return { do: 'tell', to: deed.to === 'role' ? `role:${deed.role.trim()}` : deed.to }
    case 'raise_priority':
      return { do: 'raise_priority', to: deed.priority }
    case 'move':
      return { do: 'move', team: deed.team }
    case 'task':
      return { do: 'task', team: deed.team, title: { zh: deed.zh.trim(), en: deed.en.trim() } }
    case 'nudge':
      return { do: 'nudge' }
  }
}

function signals(codes: readonly string[]): Signal[] {
  return codes.flatMap((code) => SIGNALS.filter((one) => one === code))
}
function isPause(code: string): code is PauseReason {
  return code === 'customer' || code === 'third_party' || code === 'appraisal'
}

/** A list with one of its members changed. */
export function changed<T>(list: readonly T[], at: number, by: Partial<T>): T[] {
  return list.map((one, index) => (index === at ? { ...one, ...by } : one))
}
/** A list without one of its members. */
export function without<T>(list: readonly T[], at: number): T[] {
  return list.filter((_, index) => index !== at)
}
