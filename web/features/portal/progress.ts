import { onScopeDispose, ref, shallowRef, type Ref } from 'vue'
import { wrongOf, type Wrong } from '@/features/casetypes/wrong'
import { api, ask, type Schema } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'

export interface Asked {
  number: string
  last4: string
  tenant: string
}

export interface LookUp {
  found: Ref<Schema['Progress'] | null>
  problem: Ref<Problem | null>
  wrong: Ref<Wrong>
  /** Seconds until another try is taken; 0 when it is. */
  wait: Ref<number>
  /** What `wait` was when the desk said so. */
  told: Ref<number>
  /** The desk serves several institutions: it must be told which. */
  needsTenant: Ref<boolean>
  busy: Ref<boolean>
  look: (asked: Asked) => Promise<void>
}

/** How far a ticket is, asked by its number and the last digits of a mobile; nothing of it is kept. */
export function useProgress(): LookUp {
  const found = shallowRef<Schema['Progress'] | null>(null)
  const problem = shallowRef<Problem | null>(null)
  const wrong = shallowRef<Wrong>({})
  const wait = ref(0)
  const told = ref(0)
  const needsTenant = ref(false)
  const busy = ref(false)
  let timer = 0

  const countDown = (seconds: number): void => {
    window.clearInterval(timer)
    wait.value = told.value = Math.ceil(seconds)
    timer = window.setInterval(() => {
      wait.value -= 1
      if (wait.value <= 0) window.clearInterval(timer)
    }, 1000)
  }
  onScopeDispose(() => window.clearInterval(timer))

  const refuse = (refused: Problem): void => {
    wrong.value = wrongOf(refused.fields)
    if ('/tenant' in wrong.value) needsTenant.value = true
    if (refused.retryAfter !== null) countDown(refused.retryAfter)
    else problem.value = Object.keys(wrong.value).length > 0 ? null : refused
  }
  return {
    found, problem, wrong, wait, told, needsTenant, busy,
    async look({ number, last4, tenant }) {
      problem.value = null
      found.value = null
      wrong.value = {
        ...(number.trim() ? {} : { '/number': t('portal.progress_empty') }),
        ...(/^\d{4}$/.test(last4) ? {} : { '/last4': t('portal.progress_four') }),
      }
      if (Object.keys(wrong.value).length > 0) return
      busy.value = true
      try {
        const body = { number: number.trim(), last4, ...(tenant ? { tenant } : {}) }
        found.value = await ask(api.POST('/api/v1/portal/progress', { body }))
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        refuse(error)
      } finally {
        busy.value = false
      }
    },
  } // prettier-ignore
}
