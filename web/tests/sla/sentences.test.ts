import { beforeAll, describe, expect, it } from 'vitest'
import { setLanguage, startTexts } from '@/shared/i18n'
import { courseSaid, deedSaid, limitSaid, pathSaid, whenSaid } from '@/features/sla/policies/sentences'
import en from '@/apps/console/texts.en'
import zh from '@/apps/console/texts.zh'

const NAMES = { team: (code: string) => `团队${code}`, calendar: () => '工作日历', role: () => '主管' }
const of = (words: { zh: string }): string => words.zh

beforeAll(async () => {
  await startTexts({ zh: () => Promise.resolve({ default: zh }), en: () => Promise.resolve({ default: en }) })
  await setLanguage('zh')
})

describe('a policy in words', () => {
  it('says how long, and by what', () => {
    expect(limitSaid({ limit: null }, NAMES)).toBe('按业务类型承诺的时间')
    const limit = {
      amount: 15,
      unit: 'working_day' as const,
      calendar: 'cn',
      last_day: 'next_working_day' as const,
    }
    expect(limitSaid({ limit }, NAMES)).toBe('15 个工作日，按“工作日历”计，最后一天不是工作日则顺延')
  })
  it('says what starts, stops and stays a clock', () => {
    const rule = { code: 'a', title: { zh: '', en: '' }, stops_on: ['replied', 'resolved'] as never[], pauses_for: ['customer'] as never[] } // prettier-ignore
    expect(courseSaid(rule, NAMES)).toEqual(['受理时起算。', '答复客户、解决时停止。', '等客户期间暂停。'])
  })
  it('says a rung and what is done on it', () => {
    expect(whenSaid({ code: 'a', share: 75, do: [] })).toBe('用去 75% 时')
    expect(whenSaid({ code: 'a', after_seconds: 0, do: [] })).toBe('超时的那一刻')
    expect(whenSaid({ code: 'a', left_seconds: 1800, do: [] })).toBe('还剩 30 分时')
    expect(deedSaid({ do: 'tell', to: 'role:supervisor' }, NAMES, of)).toBe('通知角色“主管”')
    expect(deedSaid({ do: 'task', team: 'CP', title: { zh: '督办', en: '' } }, NAMES, of)).toBe(
      '给“团队CP”开任务“督办”',
    )
  })
  it('says where versions differ, as far as words are known', () => {
    const body = { clocks: [{ code: 'CN_NFRA', title: { zh: '投诉处理', en: '' } }] }
    expect(pathSaid('/clocks/CN_NFRA/limit/amount', body, of)).toBe('计时 · 投诉处理 · 时限 · 数量')
    expect(pathSaid('/unheard', null, of)).toBe('unheard')
  })
})
