import { ref, shallowRef } from 'vue'
import { api, ask, onSignedOut, renewBy, useCsrf, type Schema } from '@/shared/api/client'
import { endLive } from '@/shared/api/live'
import { Problem } from '@/shared/api/problem'
import { setLanguage } from '@/shared/i18n'
import { takeLink } from './link'

/** `in`: a session stands. `none`: there never was one here. `refused`: the link does not open. `over`: it stood, and ended. */
export type Standing = 'starting' | 'in' | 'none' | 'refused' | 'over' | 'left' | 'unreachable'

export const session = shallowRef<Schema['PortalSession'] | null>(null)
export const standing = ref<Standing>('starting')
/** Why the link does not open. */
export const refusal = shallowRef<Problem | null>(null)
/** Why leaving failed: the session still stands. */
export const stays = shallowRef<Problem | null>(null)
/** Whether this tab showed somebody else's pages before: said, for a link may have come from anybody. */
export const isOther = ref(false)
/** How often somebody came in here: pages of before are drawn anew. */
export const arrivals = ref(0)
let kept: string | null = null
let open: Opened = () => Promise.resolve()

const keepers = new Set<() => void>()

/** What keeps something of a customer in this tab forgets it by `forget` when they leave or another comes. */
export function keeps(forget: () => void): void {
  keepers.add(forget)
}

function forgetAll(): void {
  window.sessionStorage.clear()
  keepers.forEach((forget) => forget())
}

type Opened = (session: Schema['PortalSession']) => Promise<unknown>

/**
 * Come in by the link, else by the session this browser still has. `isFree`: this device has no language of its own yet.
 * `opened` is awaited when a link was used, before anything is shown: it goes where the link leads.
 */
export async function startSession(link: string | null, isFree: boolean, opened: Opened): Promise<void> {
  kept = link
  open = opened
  onSignedOut(() => {
    if (standing.value === 'left' || standing.value === 'refused') return
    standing.value = session.value ? 'over' : 'none'
    endLive()
  })
  renewBy(async () => {
    const found = await ask(api.GET('/api/v1/portal/session'))
    if (found.customer !== session.value?.customer) return false
    useCsrf(found.csrf_token)
    return true
  })
  await enter()
  if (isFree && session.value) await setLanguage(session.value.language)
}

/** Another link was followed while the app was open: the page stays, only the fragment changes. */
export function followLinks(): void {
  window.addEventListener('hashchange', () => {
    const link = takeLink()
    if (!link) return
    kept = link
    standing.value = 'starting'
    endLive()
    void enter()
  })
}

/** Try (again) to come in. A link opens once, but tapping it twice is no mistake: the session it opened still stands. */
export async function enter(): Promise<void> {
  try {
    const link = kept
    const found = link ? await byLink(link) : await ask(api.GET('/api/v1/portal/session'))
    useCsrf(found.csrf_token)
    if (session.value && session.value.customer !== found.customer) {
      isOther.value = true
      forgetAll()
    }
    session.value = found
    if (link) await open(found)
    arrivals.value++
    standing.value = 'in'
    kept = null
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (error.status === 401) {
      if (standing.value === 'starting') standing.value = 'none'
      return
    }
    refusal.value = error
    if (standing.value !== 'over') standing.value = error.unreachable ? 'unreachable' : 'refused'
  }
}

async function byLink(link: string): Promise<Schema['PortalSession']> {
  try {
    return await ask(api.POST('/api/v1/portal/session', { body: { link } }))
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error
    refusal.value = error
    standing.value = 'refused'
    kept = null
    return await ask(api.GET('/api/v1/portal/session'))
  }
}

/** Leave: the session ends, and what was typed here is forgotten. Where the desk cannot be told, one is still in. */
export async function leave(): Promise<void> {
  stays.value = null
  const before = standing.value
  standing.value = 'left'
  try {
    await ask(api.DELETE('/api/v1/portal/session'))
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (error.status !== 401) {
      stays.value = error
      standing.value = before
      return
    }
  }
  endLive()
  forgetAll()
  session.value = null
}
