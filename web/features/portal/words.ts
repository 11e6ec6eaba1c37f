import { effectScope, reactive, watch } from 'vue'
import { hidden } from './hidden'
import { keeps } from './session'

/** What is being written to the desk about one ticket. */
export interface Words {
  body: string
  /** It is on its way. */
  busy: boolean
}

const words = new Map<string, Words>()
keeps(() => words.clear())

/** The words of a ticket (its number): they outlive the page, and without numbers a device should not remember a reload. */
export function wordsOf(number: string): Words {
  const known = words.get(number)
  if (known) return known
  const place = `bihuan.words.${number}`
  const made = reactive<Words>({ body: stored((kept) => kept.getItem(place)) ?? '', busy: false })
  words.set(number, made)
  const keep = (body: string): void => {
    if (words.get(number) !== made) return
    stored((kept) => (body ? kept.setItem(place, hidden(body)) : kept.removeItem(place)))
  }
  // No page's: an answer that comes after the page was left still takes the words away.
  effectScope(true).run(() => watch(() => made.body, keep, { flush: 'sync' }))
  return made
}

/** A browser without storage keeps the page's own memory alone. */
function stored<T>(use: (storage: Storage) => T): T | null {
  try {
    return use(window.sessionStorage)
  } catch {
    return null
  }
}
