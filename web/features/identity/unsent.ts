import { onScopeDispose, watch } from 'vue'
import { me } from '@/features/identity/session'

const sources = new Set<() => boolean>()
let held = 0

window.addEventListener('beforeunload', (event) => {
  if (held > 0 || [...sources].some((isUnsent) => isUnsent())) event.preventDefault()
})

/** Ask before the window closes while there is something unsent; as long as the component lives. */
export function guard(isUnsent: () => boolean): void {
  sources.add(isUnsent)
  onScopeDispose(() => sources.delete(isUnsent))
}

/** Ask before the window closes until the returned function is called: something is on its way. */
export function hold(): () => void {
  held += 1
  return () => {
    held -= 1
  }
}

/**
 * What was begun and not sent, while the app is open; nowhere on the device, and nothing of it for the next person.
 * `isUnsent`: whether closing the window would lose it.
 */
export function remember<T>(isUnsent: (one: T) => boolean): Map<string, T> {
  const memory = new Map<string, T>()
  sources.add(() => [...memory.values()].some(isUnsent))
  watch(
    me,
    (now, before) => {
      if (now?.id !== before?.id) memory.clear()
    },
    { flush: 'sync' },
  )
  return memory
}
