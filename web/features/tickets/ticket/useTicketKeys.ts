import { useKeys, type Key } from '@/shared/ui/keys'
import { VERBS, type DoingName } from './verbs'

export interface Reached {
  start: (name: DoingName) => void
  showNews: () => void
  hasNews: () => boolean
  isReady: () => boolean
  isDialog: () => boolean
  send: () => void
}

/** The keys of the ticket page: one for each verb, also where it is not possible, so that the page can say why. */
export function useTicketKeys(to: Reached): void {
  const verbs: Key[] = VERBS.map((verb) => ({
    keys: verb.key,
    says: `ticket.verb.${verb.name}`,
    when: to.isReady,
    run: () => to.start(verb.name),
  }))
  useKeys([
    ...verbs,
    { keys: '.', says: 'ticket.keys.end', when: () => to.isReady() && to.hasNews(), run: to.showNews },
    { keys: 'Mod+Enter', says: 'ticket.keys.send', typing: true, when: () => canSend(to), run: () => submit(to) },
    { keys: 'Escape', says: 'ticket.keys.leave', typing: true, when: () => to.isReady() && isWriting(), run: leave },
  ])
} // prettier-ignore

function isWriting(): boolean {
  return document.activeElement instanceof HTMLTextAreaElement
}

function dialogForm(): HTMLFormElement | null {
  return document.querySelector<HTMLFormElement>('dialog[open] form')
}

function canSend(to: Reached): boolean {
  return to.isDialog() ? dialogForm() !== null : to.isReady() && isWriting()
}

function submit(to: Reached): void {
  if (to.isDialog()) dialogForm()?.requestSubmit()
  else to.send()
}

/** Out of the text, so that keys do something again; the words stay. */
function leave(): void {
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
  document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true })
}
