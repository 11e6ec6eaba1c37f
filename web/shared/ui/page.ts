import { nextTick, onActivated, watchEffect, type WatchStopHandle, onDeactivated, onScopeDispose } from 'vue'
import { t } from '@/shared/i18n'

/** Name the page in the browser's tab, as long as it is the one shown. In a page's set-up. */
export function useTitle(text: () => string): void {
  let stop: WatchStopHandle = () => undefined
  const start = (): void => {
    stop()
    stop = watchEffect(() => {
      document.title = [text(), t('ui.brand')].filter(Boolean).join(' · ')
    })
  }
  start()
  onActivated(start)
  onDeactivated(() => stop())
  onScopeDispose(() => stop())
}

/** How long a page that is still reading may take until its heading gets the focus. */
const PATIENCE_MS = 5_000

/** Put the focus on the page's heading, once it has one, so that a screen reader says where one is. */
export async function focusHeading(): Promise<void> {
  await nextTick()
  const main = document.querySelector<HTMLElement>('main')
  if (!main) return
  focusOn(main.querySelector('h1') ?? main)
  // A page that is still reading draws its heading later, or another one: the focus goes on to it. Whoever has gone on to
  // something meanwhile is left where they are.
  const watcher = new MutationObserver(() => {
    const at = document.activeElement
    if (at === document.body || at === main) focusOn(main.querySelector('h1'))
    else if (!at?.matches('h1')) watcher.disconnect()
  })
  watcher.observe(main, { childList: true, subtree: true })
  window.setTimeout(() => watcher.disconnect(), PATIENCE_MS)
}

function focusOn(element: HTMLElement | null): void {
  if (!element) return
  if (!element.hasAttribute('tabindex')) element.tabIndex = -1
  element.focus({ preventScroll: true })
}
