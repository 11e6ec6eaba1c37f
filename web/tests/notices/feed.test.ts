import { effectScope, nextTick, ref, type EffectScope } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Notice } from '@/features/notices/api'
import { badgeOf, unread, useUnread } from '@/features/notices/unread'
import { useFeed, type Feed } from '@/features/notices/useFeed'
import { endLive } from '@/shared/api/live'
import { stream, stubDesk, stubStream, type StubDesk } from '../stubs'

const notice = (id: string, read_at: string | null = null): Notice => ({
  id,
  kind: 'assigned',
  at: '2026-11-22T01:00:00Z',
  title: `工单 ${id}`,
  body: '',
  ticket_id: id,
  number: id,
  count: 1,
  read_at,
})

let desk: StubDesk
let scope: EffectScope
const onlyUnread = ref(false)
let feed: Feed

beforeEach(async () => {
  stubStream()
  endLive()
  desk = stubDesk()
  onlyUnread.value = false
  desk.answers.set('GET /api/v1/notices', () => ({
    body: { items: [notice('2'), notice('1', '2026-11-22T02:00:00Z')], unread: 1, next: null },
  }))
  scope = effectScope()
  feed = scope.run(() => {
    useUnread()
    return useFeed(onlyUnread)
  }) as Feed
  await vi.waitFor(() => expect(unread.value).toBe(1))
  await feed.read()
})
afterEach(() => {
  scope.stop()
  endLive()
})

describe('the bell', () => {
  it('counts what the stream tells, and shows no nought', () => {
    stream().tell('notice', { id: 'x', unread: 7 })
    expect(unread.value).toBe(7)
    expect(badgeOf(0)).toBe('')
    expect(badgeOf(null)).toBe('')
    expect(badgeOf(1000)).toBe('99+')
  })
  it('takes no nonsense for a number', () => {
    stream().tell('notice', { unread: 'many' })
    stream().tell('notice', null)
    expect(unread.value).toBe(1)
  })
})

describe('the feed', () => {
  it('says that something came in, and moves nothing until it is asked for', async () => {
    stream().tell('notice', { id: '3', unread: 2 })
    await nextTick()
    expect(feed.hasNews.value).toBe(true)
    expect(feed.items.value.map((one) => one.id)).toEqual(['2', '1'])
    await feed.read()
    expect(feed.hasNews.value).toBe(false)
  })
  it('does not call it news that something was read elsewhere', async () => {
    stream().tell('notice', { id: '2', unread: 0 })
    await nextTick()
    expect(feed.hasNews.value).toBe(false)
  })
  it('marks one as read once, in place', async () => {
    desk.answers.set('POST /api/v1/notices/read', () => ({ body: { unread: 0 } }))
    await feed.seen('2')
    await feed.seen('2')
    await feed.seen('1')
    expect(desk.asked.filter((one) => one.path.endsWith('/read')).map((one) => one.body)).toEqual([
      { ids: ['2'] },
    ])
    expect(feed.items.value[0]?.read_at).not.toBeNull()
    expect(unread.value).toBe(0)
  })
  it('keeps what is shown where marking is refused', async () => {
    desk.answers.set('POST /api/v1/notices/read', () => ({ status: 503 }))
    await feed.allSeen()
    expect(feed.problem.value?.status).toBe(503)
    expect(feed.items.value[0]?.read_at).toBeNull()
  })
  it('reads anew where only the unread are wanted', async () => {
    onlyUnread.value = true
    await nextTick()
    await vi.waitFor(() => expect(desk.asked.at(-1)?.query.get('unread')).toBe('true'))
  })
})
