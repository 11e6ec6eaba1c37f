import { ref, type Ref } from 'vue'
import { api, ask } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { problemSaid } from './problemSaid'
import type { CameBack } from './service'
import { enter, tenantKept } from './session'

/** What came of going to a sign-in service while signed in; said on the page one comes back to. */
export const broughtBack: Ref<{ kind: 'good' | 'urgent'; said: string } | null> = ref(null)

/** Finish what a sign-in service sent the browser back with. The answer: why it did not let one in, in words. */
export async function finish(came: CameBack): Promise<string> {
  const { use, back } = came
  try {
    if (!back) throw new Problem(403, { title: 'ProviderRefused', detail: t('identity.service_failed') })
    if (use === 'sign_in') {
      const outcome = await ask(api.POST('/api/v1/session/service', { body: back }))
      if (outcome.step === 'in') await enter(outcome, tenantKept())
    } else {
      const path = use === 'bind' ? '/api/v1/session/services/joined' : '/api/v1/session/confirm/service'
      await ask(api.POST(path, { body: back }))
      broughtBack.value = { kind: 'good', said: use === 'bind' ? t('identity.joined') : '' }
    }
    return ''
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const said = problemSaid(error)
    if (use !== 'sign_in') broughtBack.value = { kind: 'urgent', said }
    return said
  }
}
