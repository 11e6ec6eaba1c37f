import { t } from '@/shared/i18n'
import type { NewService, Service } from './api'

/** A sign-in service as it is typed. */
export interface ServiceDraft {
  code: string
  nameZh: string
  nameEn: string
  issuer: string
  clientId: string
  secret: string
  isPublic: boolean
  bind: string
  active: boolean
  scopes: string
  claim: string
  claimRoles: string
}
interface Wrong {
  pointer: string
  detail: string
}

export const BINDS = ['none', 'login', 'email'] as const
/** A value of the claim, and the roles it stands for. */
const LINE = /^(.+?)\s*[=＝]\s*(.+)$/
const lines = (text: string): string[] => text.split('\n').map((one) => one.trim()).filter(Boolean) // prettier-ignore

export function draftOf(service: Service | null): ServiceDraft {
  const roles = Object.entries(service?.role_claim?.roles ?? {})
  return {
    code: service?.code ?? '',
    nameZh: service?.name_zh ?? '',
    nameEn: service?.name_en ?? '',
    issuer: service?.issuer ?? '',
    clientId: service?.client_id ?? '',
    secret: '',
    isPublic: service !== null && !service.has_secret,
    bind: service?.bind ?? 'none',
    active: service?.active ?? true,
    scopes: (service?.scopes ?? ['openid', 'profile', 'email']).join(' '),
    claim: service?.role_claim?.claim ?? '',
    claimRoles: roles.map(([value, codes]) => `${value} = ${codes.join(', ')}`).join('\n'),
  }
}

/** What is wrong with it, by the member it is sent as. */
export function wrongsOf(draft: ServiceDraft): Wrong[] {
  const needed = [
    ['/code', draft.code],
    ['/name_zh', draft.nameZh],
    ['/name_en', draft.nameEn],
    ['/issuer', draft.issuer],
    ['/client_id', draft.clientId],
  ] as const
  const odd = draft.claim.trim() ? lines(draft.claimRoles).findIndex((one) => !LINE.test(one)) : -1
  return [
    ...needed.filter(([, text]) => text.trim() === '').map(([pointer]) => ({ pointer, detail: t('filling.needed') })),
    ...(odd >= 0 ? [{ pointer: '/role_claim', detail: t('sign_in_admin.claim_line', { n: odd + 1 }) }] : []),
  ] // prettier-ignore
}

/** What is typed, as it is sent. Only where `wrongsOf` finds nothing. */
export function serviceOf(draft: ServiceDraft): NewService {
  const claim = draft.claim.trim()
  return {
    code: draft.code.trim(),
    name_zh: draft.nameZh.trim(),
    name_en: draft.nameEn.trim(),
    issuer: draft.issuer.trim(),
    client_id: draft.clientId.trim(),
    client_secret: draft.isPublic ? null : draft.secret || null,
    public_client: draft.isPublic,
    bind: BINDS.find((one) => one === draft.bind) ?? 'none',
    active: draft.active,
    scopes: draft.scopes.split(/\s+/).filter(Boolean),
    role_claim: claim ? { claim, roles: rolesOf(draft.claimRoles) } : null,
  }
}

function rolesOf(text: string): Record<string, string[]> {
  const told = lines(text).map((one) => LINE.exec(one) ?? ['', '', ''])
  return Object.fromEntries(
    told.map(([, value = '', codes = '']) => [value, codes.split(/[,，、\s]+/).filter(Boolean)]),
  )
}
