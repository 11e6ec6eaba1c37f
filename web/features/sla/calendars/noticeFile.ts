import { t } from '@/shared/i18n'

/** As many characters as the desk takes of a notice. */
export const MOST_CHARACTERS = 200_000
/** No encoding needs more bytes for one. */
const MOST_BYTES = 4
const UTF_16 = new Map([
  ['fffe', 'utf-16le'],
  ['feff', 'utf-16be'],
])

/** What a file of a notice holds, or why it is not read: its text's key. */
export type Read = { text: string } | { wrong: 'sla.notice_too_large' | 'sla.notice_unreadable' }

/** The text of a file: UTF-8, as what it is marked as, or GB18030, in which Chinese Excel saves a CSV. */
export async function readFile(file: Blob): Promise<Read> {
  if (file.size > MOST_CHARACTERS * MOST_BYTES) return { wrong: 'sla.notice_too_large' }
  const text = decoded(await file.arrayBuffer())
  if (text === null) return { wrong: 'sla.notice_unreadable' }
  return text.length > MOST_CHARACTERS ? { wrong: 'sla.notice_too_large' } : { text }
}

function decoded(bytes: ArrayBuffer): string | null {
  const mark = Array.from(new Uint8Array(bytes.slice(0, 2)), (byte) => byte.toString(16).padStart(2, '0')).join('')
  const marked = UTF_16.get(mark)
  for (const encoding of marked ? [marked] : ['utf-8', 'gb18030']) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes)
    } catch {
      // Not in this encoding: the next one is tried.
    }
  }
  return null
} // prettier-ignore

/** Where in a notice something is wrong: the line of a CSV, the day of a JSON, what it is of it. */
export function placeOf(pointer: string): string {
  const [, , first = '', number = '', member = ''] = pointer.split('/')
  const of = (name: string): string => {
    const key = `sla.notice_member.${name.toLowerCase()}`
    return t(key)
  }
  if (first === 'rows' && number !== '') return t('sla.notice_row', { n: number, what: of(member || 'day') })
  if (first === 'days' && number !== '') {
    return t('sla.notice_day', { n: Number(number) + 1, what: of(member || 'day') })
  }
  if (first === 'head') return t('sla.notice_head', { what: of(number) })
  return first === '' ? t('sla.notice_text') : of(first)
}
