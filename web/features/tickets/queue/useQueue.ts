import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { api, ask } from '@/shared/api/client'
import { live } from '@/shared/api/live'
import { Problem } from '@/shared/api/problem'
import { judge, type Ids, type Row, type Tree } from './filter'
import { memory } from './memory'
import type { Sort } from './order'
import {
  NOTHING_SHOWN,
  patched,
  reread,
  settled,
  withPage,
  without,
  type Page,
  type Rules,
  type Shown,
} from './patch'
import { pushedOf, withinOf, type Pushed } from './pushed'

/** Which list: a filter, an order, and a key that says when it is another list (empty: not yet known). */
export interface Asked {
  key: string
  tree: Tree | null
  sort: Sort
}
export interface Queue {
  shown: Readonly<Ref<Shown>>
  rows: ComputedRef<readonly Row[]>
  /** The filter in the desk's own words. */
  sentence: Ref<string>
  hasMore: ComputedRef<boolean>
  reading: Ref<'first' | 'more' | ''>
  problem: Ref<Problem | null>
  /** How many changes wait to be shown, by kind. */
  changes: ComputedRef<{ news: number; others: number; untold: boolean }>
  read: () => Promise<void>
  /** Try again what failed last. */
  retry: () => Promise<void>
  readMore: () => Promise<void>
  show: () => Promise<void>
  /** A row as an answer to one's own deed tells it. */
  put: (row: Row) => void
}

const PAGE = 50
const MOST_PAGE = 100
const MOST_REREAD = 300
const STREAM_MS = 400
const REOPEN_MS = 3_000

/** One list of tickets, kept up by what the desk pushes: a change costs no read, and nothing moves by itself. */
export function useQueue(asked: ComputedRef<Asked>, ids: Ids): Queue {
  const shown = shallowRef<Shown>(NOTHING_SHOWN)
  const next = ref<string | null>(null)
  const sentence = ref('')
  const reading = ref<'first' | 'more' | ''>('')
  const problem = ref<Problem | null>(null)
  const stream = live()
  let turn = 0
  let timer = 0
  let failed: () => Promise<void> = read
  let isMissed = false
  let held: Pushed[] = []
  const rules = (): Rules => ({
    sort: asked.value.sort,
    judge: (row) => judge(asked.value.tree, row, ids),
  })

  /** Take a page through `into`; a list asked for meanwhile wins. */
  async function take(kind: 'first' | 'more', limit: number, into: (page: Page) => void): Promise<void> {
    const mine = ++turn
    reading.value = kind
    problem.value = null
    try {
      const found = await ask(readPage(asked.value, kind === 'more' ? next.value : null, limit))
      if (mine !== turn) return
      found.items.forEach((row) => memory.learn(row))
      sentence.value = found.sentence
      into(found)
      held.forEach(push)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (mine === turn) fail(error, kind === 'more' ? readMore : read)
    } finally {
      if (mine === turn) {
        held = []
        reading.value = ''
      }
    }
  }

  async function read(): Promise<void> {
    window.clearTimeout(timer)
    shown.value = NOTHING_SHOWN
    next.value = null
    await take('first', PAGE, (page) => {
      next.value = page.next
      shown.value = withPage(NOTHING_SHOWN, page, rules())
    })
  }

  async function readMore(): Promise<void> {
    if (!next.value || reading.value) return
    await take('more', MOST_PAGE, (page) => {
      next.value = page.next
      shown.value = withPage(shown.value, page, rules())
    })
  }

  /** Read again what is on screen; what differs waits to be shown. */
  async function readAgain(): Promise<void> {
    if (document.hidden) {
      isMissed = true
      return
    }
    if (reading.value) return later(REOPEN_MS)
    if (shown.value.rows.length === 0) return read()
    const limit = Math.min(Math.max(shown.value.rows.length, PAGE), MOST_REREAD)
    const mine = ++turn
    problem.value = null
    try {
      const page = await readUpTo(asked.value, limit)
      if (mine !== turn) return
      page.items.forEach((row) => memory.learn(row))
      shown.value = reread(shown.value, page, rules())
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (mine === turn) fail(error, readAgain)
    }
  }

  function fail(error: Problem, what: () => Promise<void>): void {
    problem.value = error
    failed = what
  }

  function push(pushed: Pushed): void {
    shown.value = without(patched(shown.value, pushed.rows, rules()), pushed.gone)
  }

  function later(ms: number): void {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void readAgain(), ms * Math.random())
  }

  let opened = stream.connected.value
  const offs = [
    stream.on('tickets', (data) => {
      const pushed = pushedOf(data)
      if (reading.value) held.push(pushed)
      push(pushed)
    }),
    stream.on('again', (data) => later(withinOf(data))),
    stream.on('open', () => {
      if (opened) later(REOPEN_MS)
      opened = true
    }),
  ]
  const seen = (): void => {
    if (document.hidden || !isMissed) return
    isMissed = false
    later(REOPEN_MS)
  }
  document.addEventListener('visibilitychange', seen)
  onScopeDispose(() => {
    offs.forEach((off) => off())
    turn++
    window.clearTimeout(timer)
    document.removeEventListener('visibilitychange', seen)
  })

  // The stream first, then the list: what changes between the two is told. A stream that is slow is not waited for.
  let isFirst = !stream.connected.value
  watch(
    () => asked.value.key,
    () => {
      if (!asked.value.key) return
      if (!isFirst) return void read()
      isFirst = false
      reading.value = 'first'
      const start = (): void => {
        off()
        window.clearTimeout(limit)
        void read()
      }
      const off = stream.on('open', start)
      const limit = window.setTimeout(() => {
        opened = true
        start()
      }, STREAM_MS)
    },
    { immediate: true },
  )

  return {
    shown,
    rows: computed(() => shown.value.rows),
    sentence,
    hasMore: computed(() => next.value !== null),
    reading,
    problem,
    changes: computed(() => {
      const kinds = [...shown.value.waiting.values()].map((one) => one.how)
      const news = kinds.filter((one) => one === 'enters').length
      return { news, others: kinds.length - news, untold: shown.value.untold }
    }),
    read,
    retry: () => failed(),
    readMore,
    async show() {
      if (shown.value.untold) return read()
      shown.value = settled(shown.value, asked.value.sort)
    },
    put(row) {
      push({ rows: [row], gone: [] })
    },
  }
}

function readPage(asked: Asked, after: string | null, limit: number): ReturnType<typeof getPage> {
  return getPage({
    ...(asked.tree ? { filter: JSON.stringify(asked.tree) } : {}),
    sort: asked.sort,
    limit,
    ...(after ? { after } : {}),
  })
}

function getPage(query: { filter?: string; sort: Sort; limit: number; after?: string }) {
  return api.GET('/api/v1/tickets', { params: { query } })
}

/** Several pages as one. */
async function readUpTo(asked: Asked, most: number): Promise<Page> {
  const items: Row[] = []
  let after: string | null = null
  do {
    const page: Page = await ask(readPage(asked, after, Math.min(MOST_PAGE, most - items.length)))
    items.push(...page.items)
    after = page.next
  } while (after && items.length < most)
  return { items, next: after }
}
