import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api, ask, headers } from '@/shared/api/client'
import { endLive } from '@/shared/api/live'
import { Problem } from '@/shared/api/problem'
import {
  forget,
  loadSession,
  lost,
  may,
  me,
  signOut,
  startSession,
  tenantKept,
} from '@/features/identity/session'
import { signIn } from './signIn'
import { stubDesk, stubStream, type StubDesk } from '../stubs'

const SESSION = '/api/v1/session'
const ME = {
  id: 'a',
  login: 'li',
  name: '李',
  language: 'zh',
  permissions: ['ticket.read'],
  teams: [],
  csrf_token: 'csrf-1',
  sign_out_url: null,
}
const NOBODY = { status: 401, body: { title: 'NotSignedIn', detail: '请先登录' } }
let desk: StubDesk

beforeEach(() => {
  desk = stubDesk()
  stubStream()
  startSession()
  desk.answers.set(`GET ${SESSION}`, () => ({ body: ME }))
  desk.answers.set(`POST ${SESSION}`, () => ({
    status: 201,
    body: { ...ME, step: 'in', failures: null, recovery_codes: [] },
  }))
  desk.answers.set(`DELETE ${SESSION}`, () => ({ status: 204 }))
})
afterEach(() => {
  forget()
  endLive()
  localStorage.clear()
  vi.unstubAllGlobals()
})

describe('the session', () => {
  it('is taken up, with its rights and its token for later writes', async () => {
    expect(await loadSession()).toEqual(ME)
    expect([may('ticket.read'), may('ticket.assign')]).toEqual([true, false])
    expect(headers('POST')['X-CSRF-Token']).toBe('csrf-1')
    expect(headers('GET')['X-CSRF-Token']).toBeUndefined()
  })
  it('of nobody is nobody, and no loss', async () => {
    desk.answers.set(`GET ${SESSION}`, () => NOBODY)
    expect(await loadSession()).toBeNull()
    expect(lost.value).toBe(false)
  })
  it('cannot be told where the desk is out of reach', async () => {
    desk.answers.set(`GET ${SESSION}`, () => Promise.reject(new TypeError('network')))
    await expect(loadSession()).rejects.toMatchObject({ unreachable: true })
  })
  it('begins by signing in, and the tenant is remembered, the password nowhere', async () => {
    await signIn({ tenant: 'demo', login: 'li', password: 'secret-words' })
    expect([me.value?.login, tenantKept()]).toEqual(['li', 'demo'])
    expect(JSON.stringify({ ...localStorage, ...sessionStorage })).not.toContain('secret-words')
    await signIn({ tenant: null, login: 'li', password: 'x' })
    expect(tenantKept()).toBe('')
  })
  it('is refused with what to wait', async () => {
    const headers = { 'retry-after': '42' }
    desk.answers.set(`POST ${SESSION}`, () => ({ status: 429, body: { title: 'TooManyTries' }, headers }))
    const refused = await signIn({ login: 'li', password: 'x' }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(Problem)
    expect(refused).toMatchObject({ status: 429, retryAfter: 42 })
    expect(me.value).toBeNull()
  })
  it('lost at work leaves the page as it is until one is back', async () => {
    await loadSession()
    sessionStorage.setItem('bihuan.new', 'half a ticket')
    desk.answers.set('GET /api/v1/tickets', () => NOBODY)
    await expect(ask(api.GET('/api/v1/tickets'))).rejects.toMatchObject({ code: 'NotSignedIn' })
    expect([lost.value, me.value?.login]).toEqual([true, 'li'])
    await signIn({ login: 'li', password: 'x' })
    expect([lost.value, sessionStorage.getItem('bihuan.new')]).toEqual([false, 'half a ticket'])
  })
  it('of another person takes nothing over', async () => {
    await loadSession()
    sessionStorage.setItem('bihuan.new', 'half a ticket')
    desk.answers.set(`GET ${SESSION}`, () => ({ body: { ...ME, id: 'b', login: 'wang' } }))
    await signIn({ login: 'wang', password: 'x' })
    expect([me.value?.login, sessionStorage.getItem('bihuan.new')]).toEqual(['wang', null])
  })
  it('ends, also where the desk has ended it already', async () => {
    await loadSession()
    desk.answers.set(`DELETE ${SESSION}`, () => NOBODY)
    await signOut()
    expect([me.value, lost.value, headers('POST')['X-CSRF-Token']]).toEqual([null, false, undefined])
  })
  it('is told by other tabs: out or another is lost, the same again is back', async () => {
    await loadSession()
    const other = new BroadcastChannel('bihuan.session')
    other.postMessage(null)
    await vi.waitFor(() => expect(lost.value).toBe(true))
    desk.answers.set(`GET ${SESSION}`, () => ({ body: { ...ME, csrf_token: 'csrf-2' } }))
    other.postMessage('a')
    await vi.waitFor(() => expect(lost.value).toBe(false))
    expect(headers('POST')['X-CSRF-Token']).toBe('csrf-2')
    other.postMessage('b')
    await vi.waitFor(() => expect(lost.value).toBe(true))
    expect(me.value?.login).toBe('li')
    other.close()
  })
  it('does not end here where the desk was not told', async () => {
    await loadSession()
    desk.answers.set(`DELETE ${SESSION}`, () => Promise.reject(new TypeError('network')))
    await expect(signOut()).rejects.toMatchObject({ unreachable: true })
    expect(me.value?.login).toBe('li')
  })
})
