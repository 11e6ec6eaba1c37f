import type { PauseReason, Simulate } from './api'
import type { LimitDraft } from './policies/draft'
import { t } from '@/shared/i18n'
import { momentOf } from './words'

/** What one asks, as one types it. */
export interface Trial {
  /** Empty: a bare limit. */
  policy: string
  clock: string
  limit: LimitDraft
  /** Hours the case type promises, for a clock without a limit of its own. */
  promise: string
  start: string
  queue: string
  pauses: { reason: PauseReason; from: string; to: string }[]
}

const HOUR_SECONDS = 3600
const ZONE_MS = 8 * HOUR_SECONDS * 1000

/** Where one begins: now, to the minute, in China. */
export function started(policy: string, now: Date): Trial {
  return {
    policy,
    clock: '',
    limit: { amount: '4', unit: 'hour', calendar: '', lastDay: 'strict' },
    promise: '24',
    start: new Date(now.getTime() + ZONE_MS).toISOString().slice(0, 16),
    queue: '',
    pauses: [],
  }
}

/** What must still be filled in, by the member it is sent as. */
export function lacking(trial: Trial): { pointer: string; detail: string }[] {
  const moments = [
    { pointer: '/start', typed: trial.start },
    ...trial.pauses.map((one, at) => ({ pointer: `/pauses/${at}/started_at`, typed: one.from })),
  ]
  return moments
    .filter((one) => momentOf(one.typed) === null)
    .map(({ pointer }) => ({ pointer, detail: t('filling.needed') }))
}

/** What is sent: what is no number or moment is sent as such, and the desk says so beside it. */
export function asked(trial: Trial, needsPromise: boolean): Simulate {
  const { limit } = trial
  return {
    start: momentOf(trial.start) ?? '',
    queue: trial.queue,
    pauses: trial.pauses.map((one) => ({
      reason: one.reason,
      started_at: momentOf(one.from) ?? '',
      ended_at: momentOf(one.to),
    })),
    ...(trial.policy !== ''
      ? { policy: trial.policy, clock: trial.clock }
      : {
          rule: {
            amount: Number(limit.amount),
            unit: limit.unit,
            calendar: limit.calendar,
            last_day: limit.unit.endsWith('_day') ? limit.lastDay : 'strict',
          },
        }),
    ...(needsPromise ? { promise_seconds: Math.round(Number(trial.promise) * HOUR_SECONDS) } : {}),
  }
}
