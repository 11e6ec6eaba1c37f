import { onScopeDispose, ref, type Ref } from 'vue'
import { live } from '@/shared/api/live'
import { isRecord, Problem } from '@/shared/api/problem'
import { readFeed } from './api'

/** How many of one's notices are unread; null while that is not known. The desk counts no further than 1,000. */
export const unread: Ref<number | null> = ref(null)
/** Counts what came in, so that an open feed can say so. */
export const came = ref(0)

const REOPEN_MS = 3_000

/** Keep `unread` right as long as the component lives: read once, then told by the desk's stream. */
export function useUnread(): void {
  let timer = 0
  const read = async (): Promise<void> => {
    try {
      unread.value = (await readFeed(null, true)).unread
    } catch (error) {
      // Without a number the bell is still a bell; the next word of the stream brings one.
      if (!(error instanceof Problem)) throw error
    }
  }
  let isFirst = true
  const stream = live()
  const offs = [
    stream.on('notice', (data) => {
      const told = isRecord(data) ? data['unread'] : null
      if (typeof told !== 'number') return
      if (unread.value !== null && told > unread.value) came.value += 1
      unread.value = told
    }),
    stream.on('open', () => {
      if (isFirst) return void (isFirst = false)
      window.clearTimeout(timer)
      timer = window.setTimeout(() => void read(), Math.random() * REOPEN_MS)
    }),
  ]
  void read()
  onScopeDispose(() => {
    offs.forEach((off) => off())
    window.clearTimeout(timer)
    unread.value = null
  })
}

/** The number on the bell. */
export function badgeOf(n: number | null): string {
  if (!n) return ''
  return n > 99 ? '99+' : String(n)
}
