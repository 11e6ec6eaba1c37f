import { mount } from '@vue/test-utils'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import NoticeDialog from '@/features/sla/calendars/NoticeDialog.vue'
import { MOST_CHARACTERS, placeOf, readFile } from '@/features/sla/calendars/noticeFile'
import en from '@/features/sla/texts.en.json'
import zh from '@/features/sla/texts.zh.json'
import { setLanguage, startTexts } from '@/shared/i18n'

beforeAll(async () => {
  await startTexts({
    zh: () => Promise.resolve({ default: zh }),
    en: () => Promise.resolve({ default: en }),
  })
  await setLanguage('zh')
})

const TEXT = '日期,名称,放假\n2027-01-01,元旦,是\n'
/** The same, as Chinese Excel saves it. */
const GBK = new Uint8Array([
  0xc8, 0xd5, 0xc6, 0xda, 0x2c, 0xc3, 0xfb, 0xb3, 0xc6, 0x2c, 0xb7, 0xc5, 0xbc, 0xd9, 0x0a, 0x32, 0x30, 0x32, 0x37,
  0x2d, 0x30, 0x31, 0x2d, 0x30, 0x31, 0x2c, 0xd4, 0xaa, 0xb5, 0xa9, 0x2c, 0xca, 0xc7, 0x0a,
]) // prettier-ignore
const UTF_16 = new Uint8Array([0xff, 0xfe, ...Array.from(TEXT, (one) => [one.charCodeAt(0) & 255, one.charCodeAt(0) >> 8]).flat()]) // prettier-ignore

describe('a file of a notice', () => {
  it.each([
    ['UTF-8', TEXT],
    ['UTF-8 with a mark', `\ufeff${TEXT}`],
    ['GB18030', GBK],
    ['UTF-16', UTF_16],
  ])('is read in %s', async (_, written) => {
    expect(await readFile(new Blob([written]))).toEqual({ text: TEXT })
  })
  it('is refused in words where it is no text', async () => {
    const picture = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0xff, 0xff, 0x00])
    expect(await readFile(new Blob([picture]))).toEqual({ wrong: 'sla.notice_unreadable' })
  })
  it('is as long as the desk takes it, and no longer', async () => {
    const most = '休'.repeat(MOST_CHARACTERS)
    expect(await readFile(new Blob([most]))).toEqual({ text: most })
    expect(await readFile(new Blob([`${most}x`]))).toEqual({ wrong: 'sla.notice_too_large' })
    expect(await readFile(new Blob([most, most]))).toEqual({ wrong: 'sla.notice_too_large' })
  })
})

describe('where a notice is wrong', () => {
  it.each([
    ['/text/rows/5/date', '第 5 行，日期'],
    ['/text/days/0/isOffDay', '第 1 天，是否放假（isOffDay）'],
    ['/text/days/2', '第 3 天，内容'],
    ['/text/head/off', '表头，是否放假'],
    ['/text/rows', '行数'],
    ['/text/year', '年份（year）'],
    ['/text', '通知内容'],
  ])('%s is %s', (pointer, place) => {
    expect(placeOf(pointer)).toBe(place)
  })
})

describe('the dialog', () => {
  afterEach(() => vi.restoreAllMocks())
  const choose = async (written: BlobPart, text = '') => {
    HTMLDialogElement.prototype.showModal = vi.fn()
    HTMLDialogElement.prototype.close = vi.fn()
    const view = mount(NoticeDialog, { props: { code: 'cn_working', modelValue: text } })
    const input = view.get('input[type=file]')
    Object.defineProperty(input.element, 'files', { value: [new File([written], 'notice.csv')] })
    await input.trigger('change')
    return view
  }
  it('takes a CSV as Chinese Excel saves it', async () => {
    const view = await choose(GBK)
    await vi.waitFor(() => expect(view.emitted('update:modelValue')).toEqual([[TEXT]]))
  })
  it('says what is wrong with a file, and keeps what was typed', async () => {
    const view = await choose('x'.repeat(MOST_CHARACTERS + 1), 'typed')
    await vi.waitFor(() => expect(view.get('[role=alert]').text()).toContain('20 万'))
    expect(view.emitted('update:modelValue')).toBeUndefined()
  })
})
