import { nextTick, watch, type WatchSource } from 'vue'

/** When what is shown changes, whatever one types or presses in stays where it is on the screen. */
export function keepSteady(shown: WatchSource): void {
  watch(
    shown,
    async () => {
      const held = document.activeElement
      if (!(held instanceof HTMLElement) || !held.matches('input, select, textarea, button, summary')) return
      const before = held.getBoundingClientRect().top
      await nextTick()
      if (held.isConnected)
        window.scrollBy({ top: held.getBoundingClientRect().top - before, behavior: 'instant' })
    },
    { flush: 'pre' },
  )
}
