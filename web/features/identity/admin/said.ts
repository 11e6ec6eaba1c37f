import { computed, type ComputedRef, type Ref } from 'vue'
import { Problem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { problemSaid } from '../problemSaid'

/** Why something could not be read, in words; empty where it could. */
export function useSaid(error: Ref<Error | null>): ComputedRef<string> {
  return computed(() => {
    if (!error.value) return ''
    return error.value instanceof Problem ? problemSaid(error.value) : t('ui.unreachable')
  })
}
