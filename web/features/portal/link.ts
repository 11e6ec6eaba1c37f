/**
 * The key of the link by which a customer comes. It stands in the address's fragment, which no server and no other site
 * is ever told of; it is taken out of the address before anything else runs. Imported first by the app.
 */
export function takeLink(): string | null {
  const found = /^#k=([^&]+)/.exec(window.location.hash)?.[1] ?? null
  if (found) {
    const { pathname, search } = window.location
    window.history.replaceState(window.history.state, '', pathname + search)
  }
  return found
}

export const firstLink = takeLink()
