import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { api, ask, type Schema } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'
import { makeGone } from './service'
import { NoPasskey, usePasskey } from './passkey'
import { enter, type Welcome } from './session'

export type NextStep = Schema['NextStep']
export type Enrolment = Schema['Enrolment']

/** A sign-in on its way: what is asked now, and what came of the last answer. */
export interface Signing {
  /** What is asked next; null: login and password. */
  step: ShallowRef<NextStep | null>
  /** The authenticator that is being set up, where one must be. */
  enrolment: ShallowRef<Enrolment | null>
  /** Recovery codes to be written down before one goes in. */
  codes: Ref<string[]>
  busy: Ref<boolean>
  problem: ShallowRef<Problem | null>
  /** The device did not give its passkey. */
  noPasskey: Ref<boolean>
  byPassword: (login: string, password: string) => Promise<boolean>
  byCode: (code: string, isRecovery: boolean) => Promise<boolean>
  byPasskey: () => Promise<boolean>
  byService: (provider: string) => Promise<void>
  change: (password: string) => Promise<boolean>
  enrolled: (code: string) => Promise<boolean>
  /** The recovery codes are written down. */
  goIn: () => Promise<void>
  /** Another way is tried: what was said of the one before no longer counts. */
  clear: () => void
  /** From the beginning. */
  over: () => void
}

export function useSigning(tenant: Ref<string>, done: () => void): Signing {
  const step: ShallowRef<NextStep | null> = shallowRef(null)
  const enrolment: ShallowRef<Enrolment | null> = shallowRef(null)
  const problem: ShallowRef<Problem | null> = shallowRef(null)
  const codes: Ref<string[]> = ref([])
  const busy = ref(false)
  const noPasskey = ref(false)
  let welcome: Welcome | null = null

  const named = (): string | null => tenant.value.trim() || null
  const key = (): string => step.value?.key ?? ''

  async function run(act: () => Promise<void>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    problem.value = null
    noPasskey.value = false
    try {
      await act()
      return true
    } catch (error) {
      if (error instanceof NoPasskey) noPasskey.value = true
      else if (error instanceof Problem) refused(error)
      else throw error
      return false
    } finally {
      busy.value = false
    }
  }
  function refused(error: Problem): void {
    problem.value = error
    if (error.code === 'StepOver') step.value = null
  }
  async function take(outcome: Welcome | NextStep): Promise<void> {
    if (outcome.step === 'in') {
      welcome = outcome
      codes.value = outcome.recovery_codes
      if (codes.value.length === 0) await goIn()
      return
    }
    if (outcome.asks === 'enrol') {
      enrolment.value = await ask(api.POST('/api/v1/session/enrol', { body: { key: outcome.key } }))
    }
    step.value = outcome
  }
  async function goIn(): Promise<void> {
    if (!welcome) return
    await enter(welcome, named() ?? '')
    done()
  }
  return {
    step,
    enrolment,
    codes,
    busy,
    problem,
    noPasskey,
    byPassword: (login, password) =>
      run(async () => {
        await take(await ask(api.POST('/api/v1/session', { body: { tenant: named(), login, password } })))
      }),
    byCode: (code, isRecovery) =>
      run(async () => {
        const body = { key: key(), ...(isRecovery ? { recovery: code } : { code }) }
        await take(await ask(api.POST('/api/v1/session/second', { body })))
      }),
    byPasskey: () =>
      run(async () => {
        const which = step.value ? { key: key() } : { tenant: named() }
        const asked = await ask(api.POST('/api/v1/session/passkey-asked', { body: which }))
        const body = { key: asked.key, credential: await usePasskey(asked.options) }
        await take(await ask(api.POST('/api/v1/session/passkey', { body })))
      }),
    byService: async (provider) => {
      await run(async () => {
        const body = { provider, tenant: named() }
        const { url } = await ask(api.POST('/api/v1/session/service-asked', { body }))
        makeGone('sign_in', url)
      })
    },
    change: (password) =>
      run(async () => {
        await take(await ask(api.POST('/api/v1/session/new-password', { body: { key: key(), password } })))
      }),
    enrolled: (code) =>
      run(async () => {
        const body = { key: key(), id: enrolment.value?.id ?? '', code }
        await take(await ask(api.POST('/api/v1/session/enrolled', { body })))
      }),
    goIn: async () => void (await run(goIn)),
    clear() {
      problem.value = null
      noPasskey.value = false
    },
    over() {
      step.value = null
      enrolment.value = null
      problem.value = null
    },
  }
}
