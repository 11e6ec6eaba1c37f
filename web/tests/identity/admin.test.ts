import { beforeEach, expect, test } from 'vitest'
import type { Colleague, Service } from '@/features/identity/admin/api'
import { draftOf, serviceOf, wrongsOf } from '@/features/identity/admin/serviceDraft'
import { waysOf } from '@/features/identity/admin/ways'
import en from '@/features/identity/admin/texts.en.json'
import zh from '@/features/identity/admin/texts.zh.json'
import form from '@/shared/ui/form/texts.zh.json'
import { setLanguage, startTexts } from '@/shared/i18n'

const SERVICE: Service = {
  code: 'sso',
  name_zh: '统一登录',
  name_en: 'SSO',
  issuer: 'https://id.example.com',
  client_id: 'desk',
  has_secret: true,
  active: true,
  changed_at: '2026-11-22T01:00:00Z',
  scopes: ['openid', 'profile'],
  bind: 'none',
  role_claim: { claim: 'groups', roles: { 客服一部: ['agent', 'lead'], ops: ['admin'] } },
}
const WHO: Colleague = {
  id: '1',
  login: 'li',
  name: '李',
  has_password: true,
  must_change: null,
  totp: false,
  passkeys: 0,
  recovery: 0,
  services: [],
  enrols: false,
  failures: 0,
  failed_at: null,
  failed_address: null,
  signed_in_at: null,
}
beforeEach(async () => {
  await startTexts({
    zh: () => Promise.resolve({ default: { ...zh, ...form } }),
    en: () => Promise.resolve({ default: en }),
  })
  await setLanguage('zh')
})

test('a service that is read and sent again stays what it is, and its secret is not sent', () => {
  const sent = serviceOf(draftOf(SERVICE))
  expect({ ...SERVICE, ...sent }).toEqual({ ...SERVICE, client_secret: null, public_client: false })
  expect(Object.keys(sent)).not.toContain('has_secret')
})

test('one without a secret is a public client, and none is sent for it', () => {
  const draft = draftOf({ ...SERVICE, has_secret: false })
  draft.secret = 'left over'
  expect(serviceOf(draft)).toMatchObject({ public_client: true, client_secret: null })
})

test('what is missing is told, and which line of the claim cannot be read', () => {
  const draft = draftOf(null)
  draft.claim = 'groups'
  draft.claimRoles = 'ops = admin\nnothing'
  expect(wrongsOf(draft).map((one) => one.pointer)).toEqual([
    '/code',
    '/name_zh',
    '/name_en',
    '/issuer',
    '/client_id',
    '/role_claim',
  ])
  expect(wrongsOf(draft).at(-1)?.detail).toContain('第 2 行')
})

test('who must have a second factor and has none is pointed out; without a password nothing is due', () => {
  expect(waysOf({ ...WHO, enrols: true }).at(-1)).toEqual({ text: '须设置第二验证方式', kind: 'warn' })
  expect(waysOf({ ...WHO, enrols: true, has_password: false }).at(-1)?.kind).toBe('plain')
  const all = waysOf({ ...WHO, totp: true, passkeys: 2, recovery: 8, must_change: 'given' })
  expect(all.map((one) => one.kind)).toEqual(['warn', 'good', 'good', 'plain'])
})
