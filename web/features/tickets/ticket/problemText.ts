import type { Problem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'

/** A refusal in words: the desk's own, or that it cannot be reached. */
export function problemText(problem: Problem): string {
  if (problem.unreachable) return t('ticket.offline')
  if (problem.code === 'NotSignedIn') return t('ticket.signed_out')
  return problem.detail || t('ui.broken', { id: problem.requestId })
}
