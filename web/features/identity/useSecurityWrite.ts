import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { Problem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { NoPasskey } from './passkey'
import { problemSaid } from './problemSaid'

/** One act about one's security at a time, and in words why it was not done. */
export interface SecurityWrite {
  busy: Ref<boolean>
  problem: ShallowRef<Problem | null>
  said: ComputedRef<string>
  run: <T>(act: () => Promise<T>) => Promise<T | null>
  clear: () => void
}

export function useSecurityWrite(): SecurityWrite {
  const busy = ref(false)
  const problem: ShallowRef<Problem | null> = shallowRef(null)
  const noPasskey = ref(false)
  function clear(): void {
    problem.value = null
    noPasskey.value = false
  }
  return {
    busy,
    problem,
    clear,
    said: computed(() =>
      noPasskey.value ? t('identity.no_passkey') : problem.value ? problemSaid(problem.value) : '',
    ),
    async run(act) {
      if (busy.value) return null
      busy.value = true
      clear()
      try {
        return await act()
      } catch (error) {
        if (error instanceof NoPasskey) noPasskey.value = true
        else if (error instanceof Problem) problem.value = error
        else throw error
        return null
      } finally {
        busy.value = false
      }
    },
  }
}
