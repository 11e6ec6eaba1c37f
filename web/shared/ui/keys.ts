import { onScopeDispose, reactive } from 'vue'

/** One thing a key does. `says` is the text key of what it does; `when` where it does something now. */
export interface Key {
  /** As `KeyboardEvent.key`, with modifiers first: `r`, `?`, `Enter`, `Mod+Enter` (Ctrl, on a Mac Command), `g q` (one after the other). */
  keys: string
  says: string
  run: (event: KeyboardEvent) => void
  when?: () => boolean
  /** Also while the focus is in a text. Only with a modifier, or Escape. */
  typing?: boolean
}

const active = reactive<{ keys: Key[] }>({ keys: [] })
const SEQUENCE_MS = 1200
let before = ''
let beforeAt = 0

/** Let these keys work as long as the component lives; later ones win over earlier ones. */
export function useKeys(keys: Key[]): void {
  active.keys.push(...keys)
  onScopeDispose(() => {
    active.keys = active.keys.filter(
      (one) => !keys.some((mine) => mine.keys === one.keys && mine.says === one.says),
    )
  })
}

/** What works now, for the help: the last said of each key. */
export function keysNow(): Key[] {
  const found = new Map<string, Key>()
  for (const key of active.keys) if (key.when?.() ?? true) found.set(key.keys, key)
  return [...found.values()]
}

/** Start listening; once an app. */
export function startKeys(): void {
  window.addEventListener('keydown', onKey)
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.key === 'Shift') return
  const pressed = name(event)
  const sequence = event.timeStamp - beforeAt < SEQUENCE_MS ? `${before} ${pressed}` : ''
  const isTyping = inText(event.target)
  // While a dialog is open the page behind it takes no keys.
  const modal = document.querySelector('dialog[open]')
  if (modal && !isTyping && !(event.target instanceof Node && modal.contains(event.target))) return
  const fits = (key: Key): boolean =>
    (key.keys === pressed || key.keys === sequence) &&
    (!isTyping || Boolean(key.typing)) &&
    (key.when?.() ?? true)
  const found =
    active.keys.findLast((key) => key.keys === sequence && fits(key)) ?? active.keys.findLast(fits)
  before = isTyping ? '' : pressed
  beforeAt = event.timeStamp
  if (!found || (modal && !found.typing)) return
  event.preventDefault()
  before = ''
  found.run(event)
}

function name(event: KeyboardEvent): string {
  const modifiers = [event.ctrlKey || event.metaKey ? 'Mod' : '', event.altKey ? 'Alt' : ''].filter(Boolean)
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const shifted = event.shiftKey && (event.key.length > 1 || /[a-z]/i.test(event.key)) ? ['Shift'] : []
  return [...modifiers, ...shifted, key].join('+')
}

function inText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
    return true
  return (
    target instanceof HTMLInputElement &&
    !['checkbox', 'radio', 'button', 'submit', 'file'].includes(target.type)
  )
}
