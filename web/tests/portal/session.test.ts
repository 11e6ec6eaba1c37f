import { desk, problem, SESSION } from './desk'
import { beforeEach, describe, expect, it, vi } from 'vitest'

/** A fresh copy of the module: its state is the page's. */
async function load(): Promise<typeof import('@/features/portal/session')> {
  vi.resetModules()
  return import('@/features/portal/session')
}

const opened = vi.fn(() => Promise.resolve())

describe('coming to the portal', () => {
  beforeEach(() => {
    opened.mockClear()
    window.history.replaceState(null, '', '/portal/')
  })

  it('takes the key out of the address before anything else', async () => {
    window.history.replaceState(null, '', '/portal/?from=sms#k=bhl_abc')
    vi.resetModules()
    const { firstLink, takeLink } = await import('@/features/portal/link')
    expect(firstLink).toBe('bhl_abc')
    expect(window.location.href).not.toContain('bhl_abc')
    expect(window.location.search).toBe('?from=sms')
    expect(takeLink()).toBeNull()
  })

  it('leaves another fragment alone', async () => {
    window.history.replaceState(null, '', '/portal/#main')
    const { takeLink } = await import('@/features/portal/link')
    expect(takeLink()).toBeNull()
    expect(window.location.hash).toBe('#main')
  })

  it('opens a session by the link, and repeats its token in later writes', async () => {
    const { asked } = desk((request) => (request.method === 'DELETE' ? { status: 204 } : { body: SESSION }))
    const portal = await load()
    await portal.startSession('bhl_abc', false, opened)
    expect(portal.standing.value).toBe('in')
    expect(opened).toHaveBeenCalledExactlyOnceWith(SESSION)
    expect(await asked[0]?.json()).toEqual({ link: 'bhl_abc' })
    await portal.leave()
    expect(asked[1]?.headers.get('X-CSRF-Token')).toBe('csrf')
    expect([portal.standing.value, portal.session.value]).toEqual(['left', null])
  })

  it('lets in who taps the same link twice: the session it opened still stands', async () => {
    desk((request) => (request.method === 'POST' ? problem(401, 'LinkSpent') : { body: SESSION }))
    const portal = await load()
    await portal.startSession('bhl_abc', false, opened)
    expect(portal.standing.value).toBe('in')
  })

  it('says so, and forgets what was kept, when a link leads to somebody else', async () => {
    const other = { ...SESSION, customer: 'c0ffee00-0000-7000-8000-000000000002' }
    let comes = SESSION
    desk(() => ({ body: comes }))
    const portal = await load()
    const forgotten = vi.fn()
    portal.keeps(forgotten)
    await portal.startSession('bhl_abc', false, opened)
    portal.followLinks()
    window.sessionStorage.setItem('bihuan.draft.general', '{}')
    const before = portal.arrivals.value
    comes = other
    window.location.hash = '#k=bhl_other'
    window.dispatchEvent(new Event('hashchange'))
    expect(portal.standing.value).toBe('starting')
    await vi.waitFor(() => expect(portal.standing.value).toBe('in'))
    expect([portal.isOther.value, portal.session.value?.customer]).toEqual([true, other.customer])
    expect(forgotten).toHaveBeenCalledOnce()
    expect(window.sessionStorage.length).toBe(0)
    expect(portal.arrivals.value).toBe(before + 1)
  })

  it('is still in where the desk could not be told of leaving', async () => {
    let isReached = true
    desk((request) => (request.method === 'DELETE' ? { status: 204 } : { body: SESSION }))
    const portal = await load()
    await portal.startSession('bhl_abc', false, opened)
    isReached = false
    desk(() => (isReached ? { status: 204 } : 'unreachable'))
    await portal.leave()
    expect([portal.standing.value, portal.stays.value?.unreachable]).toEqual(['in', true])
    expect(portal.session.value).not.toBeNull()
    isReached = true
    await portal.leave()
    expect([portal.standing.value, portal.stays.value, portal.session.value]).toEqual(['left', null, null])
  })

  it('says why a link does not open, where there is no session', async () => {
    desk((request) => (request.method === 'POST' ? problem(401, 'LinkSpent') : problem(401, 'NotSignedIn')))
    const portal = await load()
    await portal.startSession('bhl_abc', false, opened)
    expect(portal.standing.value).toBe('refused')
    expect(portal.refusal.value?.detail).toBe('LinkSpent.')
  })

  it('keeps the link for another try where the desk cannot be reached', async () => {
    let isReached = false
    const { asked } = desk(() => (isReached ? { body: SESSION } : 'unreachable'))
    const portal = await load()
    await portal.startSession('bhl_abc', false, opened)
    expect(portal.standing.value).toBe('unreachable')
    isReached = true
    await portal.enter()
    expect(portal.standing.value).toBe('in')
    expect(await asked[1]?.json()).toEqual({ link: 'bhl_abc' })
  })

  it('is over, not gone, when a session ends: the page stays', async () => {
    let isOver = false
    desk(() => (isOver ? problem(401, 'NotSignedIn') : { body: SESSION }))
    const portal = await load()
    await portal.startSession(null, false, opened)
    isOver = true
    await portal.enter()
    expect(portal.standing.value).toBe('over')
    isOver = false
    await portal.enter()
    expect(portal.standing.value).toBe('in')
  })

  it('repeats a write once with the token another tab got, and is over where that is somebody else', async () => {
    let now = SESSION
    const { asked } = desk((request) => {
      if (request.url.endsWith('/session')) return { body: now }
      return request.headers.get('X-CSRF-Token') === now.csrf_token
        ? { body: 'done' }
        : problem(403, 'CsrfMissing')
    })
    const portal = await load()
    const { api, ask } = await import('@/shared/api/client')
    await portal.startSession(null, false, opened)
    const write = (): Promise<unknown> => {
      const params = { path: { id: '1' }, header: { 'Idempotency-Key': 'key' } }
      return ask(api.POST('/api/v1/portal/tickets/{id}/messages', { params, body: { body: 'words' } }))
    }
    now = { ...SESSION, csrf_token: 'newer' }
    expect(await write()).toBe('done')
    const writes = asked.filter((one) => one.method === 'POST')
    expect(writes.map((one) => one.headers.get('Idempotency-Key'))).toEqual(['key', 'key'])
    expect(await writes[1]?.json()).toEqual({ body: 'words' })
    now = { ...SESSION, customer: 'another', csrf_token: 'theirs' }
    await expect(write()).rejects.toMatchObject({ status: 401, code: 'NotSignedIn' })
    expect([portal.standing.value, asked.filter((one) => one.method === 'POST').length]).toEqual(['over', 3])
  })

  it('has none where there never was one', async () => {
    desk(() => problem(401, 'NotSignedIn'))
    const portal = await load()
    await portal.startSession(null, false, opened)
    expect(portal.standing.value).toBe('none')
  })
})
