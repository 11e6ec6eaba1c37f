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

/** Put the focus on the page's heading, so that a screen reader says where one is. */
export async function focusHeading(): Promise<void> {
  await nextTick()
  const heading = document.querySelector<HTMLElement>('main h1') ?? document.querySelector<HTMLElement>('main')
  if (!heading) return
  if (!heading.hasAttribute('tabindex')) heading.tabIndex = -1
  heading.focus({ preventScroll: true })
}
