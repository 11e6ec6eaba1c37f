import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ref } from 'vue'
import { endLive } from '@/shared/api/live'
import { bytes, text } from '@/features/identity/passkey'
import { browserNamed } from '@/features/identity/security/browserNamed'
import { cameBack } from '@/features/identity/service'
import { failures, forget, me } from '@/features/identity/session'
import { useSigning } from '@/features/identity/signing'
import { stubDesk, stubStream, type StubDesk } from '../stubs'

const ME = {
  id: 'a',
  login: 'li',
  name: '李',
  language: 'zh',
  permissions: [],
  teams: [],
  csrf_token: 'c',
  sign_out_url: null,
}
const IN = {
  step: 'in',
  id: 'a',
  name: '李',
  language: 'zh',
  csrf_token: 'c',
  failures: null,
  recovery_codes: [],
}
const NEXT = {
  step: 'next',
  asks: 'second',
  key: 'k1',
  ways: ['totp', 'recovery'],
  breached: false,
  password_length: 12,
}
let desk: StubDesk

function answer(path: string, body: unknown, status = 201): void {
  desk.answers.set(`POST /api/v1/session${path}`, () => ({ status, body }))
}

beforeEach(() => {
  desk = stubDesk()
  stubStream()
  desk.answers.set('GET /api/v1/session', () => ({ body: ME }))
})
afterEach(() => {
  forget()
  endLive()
  localStorage.clear()
  vi.unstubAllGlobals()
})

describe('signing in', () => {
  it('goes by the second step, and tells of failures', async () => {
    const done = vi.fn()
    const signing = useSigning(ref('demo'), done)
    answer('', NEXT)
    expect(await signing.byPassword('li', 'x')).toBe(true)
    expect([signing.step.value?.asks, me.value, done.mock.calls.length]).toEqual(['second', null, 0])
    answer(
      '/second',
      { title: 'Invalid', errors: [{ pointer: '/code', code: 'code_wrong', detail: '不正确' }] },
      422,
    )
    expect(await signing.byCode('000000', false)).toBe(false)
    expect(signing.problem.value?.fields[0]?.detail).toBe('不正确')
    expect(signing.step.value?.key).toBe('k1')
    const told = { count: 3, at: '2026-11-20T00:00:00Z', address: '10.0.0.1' }
    answer('/second', { ...IN, failures: told })
    expect(await signing.byCode('123456', false)).toBe(true)
    expect([me.value?.login, failures.value, done.mock.calls.length]).toEqual(['li', told, 1])
  })
  it('begins again where it took too long', async () => {
    const signing = useSigning(ref(''), () => undefined)
    answer('', NEXT)
    await signing.byPassword('li', 'x')
    answer('/second', { title: 'StepOver', detail: '已超时' }, 410)
    await signing.byCode('123456', true)
    expect([signing.step.value, signing.problem.value?.code]).toEqual([null, 'StepOver'])
  })
  it('shows recovery codes before one goes in', async () => {
    const done = vi.fn()
    const signing = useSigning(ref(''), done)
    answer('', { ...NEXT, asks: 'enrol', ways: [] })
    answer('/enrol', { id: 'e', secret: 'ABCD', uri: 'otpauth://totp/x' })
    await signing.byPassword('li', 'x')
    expect(signing.enrolment.value?.secret).toBe('ABCD')
    answer('/enrolled', { ...IN, recovery_codes: ['a-b'] })
    await signing.enrolled('123456')
    expect([signing.codes.value, me.value]).toEqual([['a-b'], null])
    await signing.goIn()
    expect([me.value?.login, done.mock.calls.length]).toEqual(['li', 1])
  })
})

describe('what comes back from a service', () => {
  it('is taken from the address, with what it was for', () => {
    sessionStorage.setItem('bihuan.service', JSON.stringify({ use: 'bind', path: '/console/security' }))
    window.history.replaceState(null, '', '/console/sign-in?code=c&state=s&iss=https%3A%2F%2Fid.example.com')
    expect(cameBack()).toEqual({
      use: 'bind',
      path: '/console/security',
      back: { code: 'c', state: 's', iss: 'https://id.example.com' },
    })
    window.history.replaceState(null, '', '/console/sign-in?error=access_denied&state=s')
    expect(cameBack()).toEqual({ use: 'sign_in', path: '/console/', back: null })
    window.history.replaceState(null, '', '/console/tickets/1?code=c&state=s')
    expect(cameBack()).toBeNull()
  })
})

describe('small things', () => {
  it('bytes and their text', () => {
    expect(text(bytes('-_8').buffer)).toBe('-_8')
    expect([...bytes('AQI')]).toEqual([1, 2])
    expect(bytes(undefined).length).toBe(0)
  })
  it('browsers by the name people know', () => {
    const edge = 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130 Safari/537.36 Edg/130.0'
    expect(browserNamed(edge)).toBe('Edge · Windows')
    expect(browserNamed('python-httpx/0.28')).toBe('')
  })
})
