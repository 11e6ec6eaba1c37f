import { api, ask, type Schema } from '@/shared/api/client'
import { isRecord } from '@/shared/api/problem'

/** Going to the institution's own sign-in service, and coming back: the page is left for it. */
export type Service = Schema['Service']
export type Use = 'sign_in' | 'bind' | 'confirm'
type Back = Schema['Back']

const KEPT_AS = 'bihuan.service'
/** Where a service sends the browser back to. */
const BACK = '/console/sign-in'

/** What came back: for what, and code and state; or why not. */
export interface CameBack {
  use: Use
  path: string
  back: Back | null
}

/** Leave for a service. The page one was on is where one comes back to. */
export function makeGone(use: Use, url: string): void {
  const path = window.location.pathname.startsWith(BACK) ? '/console/' : window.location.pathname
  sessionStorage.setItem(KEPT_AS, JSON.stringify({ use, path }))
  window.location.assign(url)
}

/** Where this page is one that a service sent the browser to: what it brought. The caller takes it out of the address. */
export function cameBack(): CameBack | null {
  const { pathname, search } = window.location
  if (pathname !== BACK) return null
  const told = new URLSearchParams(search)
  const kept: unknown = JSON.parse(sessionStorage.getItem(KEPT_AS) ?? 'null')
  sessionStorage.removeItem(KEPT_AS)
  const path = isRecord(kept) && typeof kept['path'] === 'string' ? kept['path'] : '/console/'
  const use: Use =
    isRecord(kept) && (kept['use'] === 'bind' || kept['use'] === 'confirm') ? kept['use'] : 'sign_in'
  const [code, state, iss] = [told.get('code'), told.get('state'), told.get('iss')]
  if (!state) return null
  return { use, path, back: code ? { code, state, iss } : null }
}

/** The services one may sign in by. Where the tenant is not known yet, none. */
export async function readWays(tenant: string): Promise<Schema['SignInWays']> {
  return ask(api.GET('/api/v1/session/ways', { params: { query: tenant ? { tenant } : {} } }))
}
