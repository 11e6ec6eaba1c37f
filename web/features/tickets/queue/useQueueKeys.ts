import { ref, type Ref } from 'vue'
import { useRouter } from 'vue-router'
import type { People } from '@/features/identity/people'
import { problemSaid } from '@/features/identity/problemSaid'
import { may } from '@/features/identity/session'
import { Problem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { useKeys, type Key } from '@/shared/ui/keys'
import { claim } from './claim'
import type { Row } from './filter'
import type { Queue } from './useQueue'
import type { Selection } from './useSelection'

interface Here {
  queue: Queue
  selection: Selection
  lines: Readonly<Ref<{ focusRow: (id: string) => Promise<void> } | null>>
  isShown: Ref<boolean>
  selectable: boolean
  /** What a screen reader is told. */
  said: Ref<string>
  people: People
}

/** The list's keys: move, open, select, claim, show. */
export function useQueueKeys(here: Here): { onShow: (call: () => void) => void } {
  const { queue, selection, isShown } = here
  const router = useRouter()
  const claiming = ref(false)
  let show = (): void => undefined

  const current = (): Row | undefined => queue.rows.value.find((row) => row.id === selection.at.value)
  const isOn = (): boolean => isShown.value && current() !== undefined
  const move = (by: number) => (): void => {
    const next = selection.next(by)
    if (!next) return
    selection.at.value = next
    void here.lines.value?.focusRow(next)
    if (by > 0 && queue.rows.value.at(-1)?.id === next) void queue.readMore()
  }

  async function take(): Promise<void> {
    const row = current()
    if (!row || claiming.value) return
    claiming.value = true
    try {
      queue.put(await claim(row))
      here.said.value = t('queue.claimed', { number: row.number })
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      here.said.value = ''
      refuse(row, error)
    } finally {
      claiming.value = false
    }
  }

  function refuse(row: Row, error: Problem): void {
    const now = queue.rows.value.find((one) => one.id === row.id)
    const holder = now?.assignee
    here.said.value = holder
      ? t('queue.claim_taken', { number: row.number, name: here.people.nameOf(holder) })
      : problemSaid(error)
  }

  const isInList = (): boolean => isOn() && Boolean(document.activeElement?.matches('[data-row]'))
  const isThere = (): boolean => isShown.value && queue.rows.value.length > 0
  const moves: Key[] = [
    { keys: 'j', says: 'queue.key_down', run: move(1), when: isThere },
    { keys: 'k', says: 'queue.key_up', run: move(-1), when: isThere },
    { keys: 'ArrowDown', says: 'queue.key_down', run: move(1), when: isInList },
    { keys: 'ArrowUp', says: 'queue.key_up', run: move(-1), when: isInList },
    { keys: 'Enter', says: 'queue.key_open', when: isOn, run: open },
  ]
  function open(event: KeyboardEvent): void {
    const isElsewhere =
      event.target instanceof HTMLElement && event.target.matches('button, a:not([data-row]), input')
    const row = current()
    if (row && !isElsewhere) void router.push({ name: 'ticket', params: { number: row.number } })
    else if (event.target instanceof HTMLElement) event.target.click()
  }
  const selects: Key[] = [
    { keys: 'x', says: 'queue.key_select', when: isOn, run: () => selection.toggle(selection.at.value) },
    { keys: 'Mod+a', says: 'queue.key_all', when: isThere, run: selection.all },
    {
      keys: 'Escape',
      says: 'queue.key_none',
      when: () => isShown.value && selection.selected.value.size > 0,
      run: selection.clear,
    },
  ]
  useKeys([
    ...moves,
    ...(here.selectable ? selects : []),
    ...(may('ticket.claim')
      ? [{ keys: 'c', says: 'queue.key_claim', when: isOn, run: () => void take() }]
      : []),
    {
      keys: '.',
      says: 'queue.key_show',
      when: () => isShown.value && hasChanges(queue),
      run: () => show(),
    },
  ])
  return { onShow: (call) => (show = call) }
}

function hasChanges(queue: Queue): boolean {
  const { news, others, untold } = queue.changes.value
  return news + others > 0 || untold
}
