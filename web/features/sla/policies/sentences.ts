import { t } from '@/shared/i18n'
import { duration } from '@/shared/i18n/format'
import type { Deed, PolicyBody, Rule, Step } from '../api'
import { limitWords, word } from '../words'

/** What things are called that a policy names by code. */
export interface Names {
  team: (code: string) => string
  calendar: (code: string) => string
  role: (code: string) => string
}

const list = (group: string, codes: readonly string[]): string =>
  codes.map((code) => word(group, code)).join(t('filling.comma'))

/** How long a clock has: 15 个工作日，按…计. */
export function limitSaid(rule: Pick<Rule, 'limit'>, names: Names): string {
  const { limit } = rule
  if (!limit) return t('sla.says.by_case_type')
  const parts = [limitWords(limit)]
  if (limit.calendar) parts.push(t('sla.says.calendar', { calendar: names.calendar(limit.calendar) }))
  if (limit.last_day === 'next_working_day') parts.push(t('sla.says.next_working_day'))
  return parts.join(t('sla.says.and'))
}

/** When it starts, stops, stands and starts anew, one sentence each. */
export function courseSaid(rule: Rule, names: Names): string[] {
  const said = [
    t('sla.says.starts', { on: list('signal', rule.starts_on ?? ['opened']) }),
    t('sla.says.stops', { on: list('signal', rule.stops_on ?? ['resolved']) }),
  ]
  if (rule.pauses_for?.length) said.push(t('sla.says.pauses', { on: list('pause', rule.pauses_for) }))
  if (rule.restarts_on?.length) said.push(t('sla.says.restarts', { on: list('signal', rule.restarts_on) }))
  if (rule.team) said.push(t('sla.says.team', { team: names.team(rule.team) }))
  return said
}

/** When a rung is reached. */
export function whenSaid(step: Step): string {
  if (step.share != null) return t('sla.says.share', { n: step.share })
  if (step.left_seconds != null) return t('sla.says.left', { length: duration(step.left_seconds) })
  const after = step.after_seconds ?? 0
  return after === 0 ? t('sla.says.breach') : t('sla.says.after', { length: duration(after) })
}

/** What is done on it. */
export function deedSaid(
  deed: Deed,
  names: Names,
  of: (words: { zh: string; en: string }) => string,
): string {
  switch (deed.do) {
    case 'tell': {
      const role = deed.to.startsWith('role:') ? deed.to.slice(5) : ''
      return t('sla.says.tell', {
        whom: role ? t('sla.says.role', { role: names.role(role) }) : word('whom', deed.to),
      })
    }
    case 'raise_priority':
      return t('sla.says.raise', { priority: t(`tickets.priority.${deed.to}`) })
    case 'move':
      return t('sla.says.move', { team: names.team(deed.team) })
    case 'task':
      return t('sla.says.task', { team: names.team(deed.team), title: of(deed.title) })
    case 'nudge':
      return t('sla.says.nudge')
  }
}

/** A path of a difference as far as words are known: clocks/resolution/limit/amount → 计时 resolution · 时限 · 数量. */
export function pathSaid(path: string, body: Pick<PolicyBody, 'clocks'> | null, of: (words: { zh: string; en: string }) => string): string {
  const titles = new Map(body?.clocks.map((rule) => [rule.code, of(rule.title)]))
  return path.split('/').filter(Boolean).map((part) => titles.get(part) ?? word('path', part)).join(' · ')
} // prettier-ignore
