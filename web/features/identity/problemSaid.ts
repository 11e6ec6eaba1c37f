import type { Problem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'

/** A refusal in words for somebody at the desk: the desk's own, but where these are meant for programs. */
export function problemSaid(problem: Problem): string {
  if (problem.unreachable) return t('ui.unreachable')
  if (problem.code === 'NotSignedIn') return t('identity.over')
  return problem.detail || t('ui.broken', { id: problem.requestId })
}
