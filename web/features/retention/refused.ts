import { problemSaid } from '@/features/identity/problemSaid'
import { Problem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'

/** Why something could not be read, in words. */
export function refused(error: Error): string {
  return error instanceof Problem ? problemSaid(error) : t('ui.unreachable')
}
