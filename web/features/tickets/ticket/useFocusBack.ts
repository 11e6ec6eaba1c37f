import { nextTick, watch, type Ref } from 'vue'

/** Once the last dialog is gone the focus goes back to where it was; to the heading where that is no more. */
export function useFocusBack(isOpen: Ref<boolean>): void {
  let before: Element | null = null
  watch(
    isOpen,
    async (now) => {
      if (now) {
        before = document.activeElement
        return
      }
      await nextTick()
      // What lay under a modal dialog takes the focus again only once it is drawn without it.
      await new Promise((drawn) => window.requestAnimationFrame(drawn))
      if (document.querySelector('dialog[open]')) return
      const heading = document.querySelector<HTMLElement>('main h1')
      const isThere = before instanceof HTMLElement && before.isConnected && before !== document.body
      const to = isThere && before instanceof HTMLElement ? before : heading
      to?.focus({ preventScroll: true })
    },
    // Before the dialog is drawn, while the focus is still where it was.
    { flush: 'sync' },
  )
}
