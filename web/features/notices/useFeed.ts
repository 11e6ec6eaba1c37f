import {
  computed,
  onScopeDispose,
  ref,
  shallowRef,
  watch,
  type ComputedRef,
  type Ref,
  type ShallowRef,
} from 'vue'
import { Problem } from '@/shared/api/problem'
import { markAllRead, markRead, readFeed, type Notice } from './api'
import { came, unread } from './unread'

/** One's feed, newest first. What comes in while it is looked at is announced and shown when asked for. */
export interface Feed {
  items: ShallowRef<readonly Notice[]>
  reading: Ref<boolean>
  problem: ShallowRef<Problem | null>
  hasMore: ComputedRef<boolean>
  /** Something came in since this was read. */
  hasNews: Ref<boolean>
  read: () => Promise<void>
  more: () => Promise<void>
  /** Mark one as read; it stays where it is. */
  seen: (id: string) => Promise<void>
  allSeen: () => Promise<void>
}

/** In a component's set-up. `onlyUnread` changed reads anew. */
export function useFeed(onlyUnread: Ref<boolean>): Feed {
  const items = shallowRef<readonly Notice[]>([])
  const next = ref<string | null>(null)
  const reading = ref(false)
  const problem = shallowRef<Problem | null>(null)
  const hasNews = ref(false)
  let turn = 0

  async function take(after: string | null): Promise<void> {
    const mine = ++turn
    reading.value = true
    problem.value = null
    try {
      const page = await readFeed(after, onlyUnread.value)
      if (mine !== turn) return
      const before = after === null ? [] : items.value
      const here = new Set(before.map((one) => one.id))
      items.value = [...before, ...page.items.filter((one) => !here.has(one.id))]
      next.value = page.next
      unread.value = page.unread
      if (after === null) hasNews.value = false
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (mine === turn) problem.value = error
    } finally {
      if (mine === turn) reading.value = false
    }
  }
  async function mark(write: () => Promise<{ unread: number }>, is: (one: Notice) => boolean): Promise<void> {
    problem.value = null
    try {
      unread.value = (await write()).unread
      const at = new Date().toISOString()
      items.value = items.value.map((one) => (one.read_at === null && is(one) ? { ...one, read_at: at } : one))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problem.value = error
    }
  }

  watch(came, () => (hasNews.value = true))
  watch(onlyUnread, () => void take(null))
  onScopeDispose(() => {
    turn++
  })
  return {
    items,
    reading,
    problem,
    hasMore: computed(() => next.value !== null),
    hasNews,
    read: () => take(null),
    more: async () => {
      if (next.value && !reading.value) await take(next.value)
    },
    async seen(id) {
      if (items.value.some((one) => one.id === id && one.read_at === null))
        await mark(() => markRead([id]), (one) => one.id === id)
    },
    allSeen: () => mark(markAllRead, () => true),
  }
} // prettier-ignore
