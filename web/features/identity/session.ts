import { ref, type Ref } from 'vue'
import { api, ask, onSignedOut, renewBy, useCsrf, type Schema } from '@/shared/api/client'
import { listenTogether } from '@/shared/api/listenTogether'
import { endLive, liveBy } from '@/shared/api/live'
import { Problem } from '@/shared/api/problem'
import { queries } from '@/shared/api/query'

export type Me = Schema['Me']
export type Welcome = Schema['Welcome']
export type Failures = Schema['Failures']

const CHANNEL = 'bihuan.session'
let tabs: BroadcastChannel | null = null
const TENANT_KEPT_AS = 'bihuan.tenant'

/** Who is signed in; null while nobody is. */
export const me: Ref<Me | null> = ref(null)
/** Failed sign-ins that the desk told of when this person came in; null once they were seen. */
export const failures: Ref<Failures | null> = ref(null)
/** The session ended while somebody was at work: the page stays as it is, a sign-in is asked for over it. */
export const lost: Ref<boolean> = ref(false)

/** Whether who is signed in holds a permission. The desk decides; this only spares a refusal. */
export function may(permission: string): boolean {
  return me.value?.permissions.includes(permission) ?? false
}

/** Take up the session this browser has, if it has one. Throws Problem where the desk cannot be asked. */
export async function loadSession(): Promise<Me | null> {
  try {
    take(await ask(api.GET('/api/v1/session')))
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error
    if (me.value) lost.value = true
  }
  return me.value
}

/** Take up the session that a sign-in opened. `tenant` is remembered on this device. */
export async function enter(welcome: Welcome, tenant: string): Promise<Me> {
  useCsrf(welcome.csrf_token)
  const found = await ask(api.GET('/api/v1/session'))
  keepTenant(tenant)
  take(found)
  failures.value = welcome.failures
  tabs?.postMessage(found.id)
  return found
}

/**
 * End the session, here and at the desk. What this person had on screen or half written is dropped. Where a sign-in
 * service opened it, the answer is the address at which the browser ends it there too.
 */
export async function signOut(): Promise<string | null> {
  const elsewhere = me.value?.sign_out_url ?? null
  await ask(api.DELETE('/api/v1/session')).catch((error: unknown) => {
    if (!(error instanceof Problem) || error.status !== 401) throw error
  })
  forget()
  tabs?.postMessage(null)
  return elsewhere
}

/** Drop everything of the person who was here, without a word to the desk. */
export function forget(): void {
  endLive()
  queries.clear()
  useCsrf('')
  sessionStorage.clear()
  lost.value = false
  failures.value = null
  me.value = null
}

/** Notice from now on when the desk no longer knows who asks. */
export function startSession(): void {
  onSignedOut(() => {
    if (me.value) lost.value = true
  })
  renewBy(async () => {
    const found = await ask(api.GET('/api/v1/session'))
    if (!me.value || found.id !== me.value.id) return false
    useCsrf(found.csrf_token ?? '')
    return true
  })
  if (!('BroadcastChannel' in window)) return
  tabs?.close()
  tabs = new BroadcastChannel(CHANNEL)
  tabs.onmessage = (event: MessageEvent<unknown>) => hear(event.data)
}

/** Another tab signed in (the person's id) or out (null): this browser has one session for all its tabs. */
function hear(who: unknown): void {
  if (!me.value) return
  if (who !== me.value.id) lost.value = true
  else void loadSession().catch(() => undefined)
}

/** The tenant last signed in to on this device. */
export function tenantKept(): string {
  try {
    return localStorage.getItem(TENANT_KEPT_AS) ?? ''
  } catch {
    return ''
  }
}

function take(found: Me): void {
  const isAnother = me.value !== null && me.value.id !== found.id
  if (isAnother) forget()
  liveBy((path) => listenTogether(path, found.id))
  useCsrf(found.csrf_token ?? '')
  me.value = found
  lost.value = false
}

function keepTenant(tenant: string): void {
  try {
    if (tenant) localStorage.setItem(TENANT_KEPT_AS, tenant)
    else localStorage.removeItem(TENANT_KEPT_AS)
  } catch {
    // A browser without storage asks again at the next visit.
  }
}
