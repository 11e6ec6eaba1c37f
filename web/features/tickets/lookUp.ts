import { api, ask, type Schema } from '@/shared/api/client'

export type ValueKind = Schema['ValueSearch']['kind']
/** A ticket that was found. */
export type Found = Pick<Schema['TicketRow'], 'id' | 'number' | 'title' | 'state'>

/** How many of those found are shown. */
export const MOST_FOUND = 10
const NUMBER_LENGTH = 10

/** A ticket's number as typed or said, without blanks and dashes; empty where it is none. */
export function numberOf(typed: string): string {
  const bare = typed.replace(/[\s\-–—]/g, '')
  return /^\d+$/.test(bare) && bare.length === NUMBER_LENGTH && checkDigit(bare.slice(0, -1)) === bare.at(-1)
    ? bare
    : ''
}

/** ISO 7064 MOD 11,10, the desk's own check of a number. */
function checkDigit(payload: string): string {
  let product = 10
  for (const digit of payload) {
    const total = (product + Number(digit)) % 10 || 10
    product = (total * 2) % 11
  }
  return String((11 - product) % 10)
}

/** As which kinds of whole number the text may be meant, the likeliest first. */
export function kindsOf(typed: string): ValueKind[] {
  const text = typed.trim()
  if (/^\S+@\S+\.\S+$/.test(text)) return ['email']
  const bare = text.replace(/[\s\-–—]/g, '')
  if (!/^[+\w]{6,40}$/.test(bare) || !/\d{4}/.test(bare)) return []
  const kinds: ValueKind[] = []
  if (/^(\+?86)?1\d{10}$/.test(bare)) kinds.push('mobile')
  if (/^\d{17}[\dX]$/i.test(bare) || /^\d{15}$/.test(bare)) kinds.push('id_number')
  if (/^\d{12,19}$/.test(bare)) kinds.push('card_number')
  if (/^\+?\d{7,15}$/.test(bare) && !kinds.includes('mobile')) kinds.push('mobile')
  return [...kinds, 'account']
}

/** Tickets in which the whole number stands, newest first. In the body of a request, never in an address. Throws Problem. */
export async function lookUp(kind: ValueKind, value: string): Promise<{ found: Found[]; all: number }> {
  const { ids } = await ask(api.POST('/api/v1/tickets/search', { body: { kind, value: value.trim() } }))
  if (ids.length === 0) return { found: [], all: 0 }
  const filter = JSON.stringify({ field: 'id', in: ids.slice(0, MOST_FOUND) })
  const page = await ask(
    api.GET('/api/v1/tickets', { params: { query: { filter, sort: '-id', limit: MOST_FOUND } } }),
  )
  return { found: page.items, all: ids.length }
}
