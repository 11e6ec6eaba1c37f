let watching: MutationObserver | null = null

/** After a change of page the focus goes to its heading, which may come later than the page; not once somebody moved on. */
export function focusHeading(root: HTMLElement): void {
  watching?.disconnect()
  const isFree = (): boolean => [document.body, root, null].includes(document.activeElement as HTMLElement | null) // prettier-ignore
  const focus = (): boolean => {
    const heading = root.querySelector<HTMLElement>('h1')
    heading?.focus({ preventScroll: true })
    return heading !== null
  }
  root.focus({ preventScroll: true })
  if (focus()) return
  watching = new MutationObserver((_, self) => {
    if (!isFree() || focus()) self.disconnect()
  })
  watching.observe(root, { childList: true, subtree: true })
}
