import { beforeEach, expect, test } from 'vitest'
import { draftOf, listed, policyOf, wrongsOf } from '@/features/privacy/lookDraft'
import en from '@/features/privacy/texts.en.json'
import zh from '@/features/privacy/texts.zh.json'
import { startTexts } from '@/shared/i18n'

const POLICY = {
  values_a_day: null,
  searches_a_day: 40,
  roles: { integration: { values: null, searches: 100_000 } },
  zone: 'Asia/Shanghai',
  hour: 30,
  times_usual: 3,
  customers: 20,
  refusals: 5,
  calendar: 'service_hours',
  tiers: ['vip'],
  tags: ['员工', 'VIP'],
}
beforeEach(() =>
  startTexts({ zh: () => Promise.resolve({ default: zh }), en: () => Promise.resolve({ default: en }) }),
)

test('what is read, typed and sent is the same', () => {
  expect(policyOf(draftOf(POLICY, '、'))).toEqual(POLICY)
})

test('an empty limit is the settings’ or everybody’s, nought is none at all', () => {
  const draft = draftOf(POLICY, ', ')
  draft.values = '0'
  draft.searches = ' '
  expect(policyOf(draft)).toMatchObject({ values_a_day: 0, searches_a_day: null })
  expect(wrongsOf(draft)).toEqual([])
})

test('what is no whole number is told at its member, and no alarm is at nought', () => {
  const draft = draftOf(POLICY, ', ')
  draft.values = '1.5'
  draft.hour = '0'
  draft.customers = ''
  draft.roles[0] = { role: 'integration', values: '-1', searches: '' }
  expect(wrongsOf(draft).map((one) => one.pointer)).toEqual([
    '/policy/values_a_day',
    '/policy/roles/integration/values',
    '/policy/hour',
    '/policy/customers',
  ])
})

test('names are told apart by commas of either width, each once', () => {
  expect(listed(' vip、VIP, vip，\n员工;;')).toEqual(['vip', 'VIP', '员工'])
})
