import { beforeEach, describe, expect, it } from 'vitest'
import { conflictOf, deputiesOf, groupsOf, momentOf, wrongsOfDeputy } from '@/features/people/rights'
import type { Deputy, Role, RoleGroup } from '@/features/people/api'
import peopleEn from '@/features/people/texts.en.json'
import peopleZh from '@/features/people/texts.zh.json'
import { setLanguage, startTexts } from '@/shared/i18n'

const ROLES: Role[] = [
  { code: 'agent', name_zh: '客服', name_en: 'Agent', permissions: ['ticket.reply'] },
  { code: 'own', name_zh: '自定', name_en: 'Own', permissions: ['audit.read'] },
  { code: 'admin', name_zh: '管理', name_en: 'Admin', permissions: ['people.manage'] },
]
const GROUPS: RoleGroup[] = [
  {
    code: 'administrators',
    zh: '系统管理',
    en: 'administration',
    roles: ['admin'],
    permissions: ['people.manage'],
  },
  { code: 'operators', zh: '业务操作', en: 'operation', roles: ['agent'], permissions: ['ticket.*'] },
  { code: 'auditors', zh: '审计', en: 'audit', roles: ['auditor'], permissions: ['audit.read'] },
]
const codes = (held: string[]): string[] => groupsOf(held, ROLES, GROUPS).map((one) => one.code)

beforeEach(async () => {
  await startTexts({
    zh: () => Promise.resolve({ default: peopleZh }),
    en: () => Promise.resolve({ default: peopleEn }),
  })
  await setLanguage('zh')
})

describe('incompatible roles, before one saves', () => {
  it('goes by the role and by what it may do', () => {
    expect(codes(['agent'])).toEqual(['operators'])
    expect(codes(['own'])).toEqual(['auditors'])
    expect(codes(['agent', 'own', 'admin'])).toEqual(['administrators', 'operators', 'auditors'])
  })
  it('names both', () => {
    expect(conflictOf(['agent'], ROLES, GROUPS, 'zh')).toBe('')
    expect(conflictOf(['agent', 'admin'], ROLES, GROUPS, 'zh')).toContain('系统管理')
    expect(conflictOf(['agent', 'own'], ROLES, GROUPS, 'zh')).toContain('审计')
  })
})

describe('a deputy as typed', () => {
  it('is a moment of the desk', () => {
    expect(momentOf('2026-11-21T09:30')).toBe('2026-11-21T09:30:00+08:00')
    expect(momentOf('')).toBeNull()
  })
  it('needs a person and a stretch of time', () => {
    const at = (deputy: string, from: string, until: string): string[] =>
      wrongsOfDeputy(deputy, from, until).map((one) => one.pointer)
    expect(at('', '', '')).toEqual(['/deputy', '/from_at', '/until_at'])
    expect(at('li', '2026-11-21T09:30', '2026-11-21T09:30')).toEqual(['/until_at'])
    expect(at('li', '2026-11-21T09:30', '2026-11-22T09:30')).toEqual([])
  })
  it('shows the one of now first', () => {
    const made = (id: string, staff: string, from_at: string): Deputy => ({
      id, staff, deputy: 'x', from_at, until_at: '2027-01-01T00:00:00Z', made_by: null, now: false,
    }) // prettier-ignore
    const all = [made('b', 'li', '2026-02'), made('a', 'li', '2026-01'), made('c', 'wang', '2026-01')]
    expect(deputiesOf('li', all).map((one) => one.id)).toEqual(['a', 'b'])
  })
})
