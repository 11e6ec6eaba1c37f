import { ref } from 'vue'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Problem } from '@/shared/api/problem'
import { eachTime, settle, setUp } from './fakeDesk'

interface Going {
  path: string
  key: string
  answer: (body: unknown) => void
  refuse: (why: unknown) => void
}
const desk = vi.hoisted(() => ({ going: [] as Going[] }))
vi.mock('@/shared/api/live', async () => (await import('./fakeDesk')).live)
vi.mock('@/features/tickets/ticket/reading', async () => (await import('./fakeDesk')).reading)
vi.mock('@/features/tickets/ticket/commands', async () => (await import('./fakeDesk')).commands)
vi.mock('@/shared/api/upload', () => ({
  upload: (path: string, _: File, key: string) => {
    const done = new Promise((answer, refuse) => desk.going.push({ path, key, answer, refuse }))
    return { done, stop: () => undefined }
  },
}))

const { useTicket } = await import('@/features/tickets/ticket/useTicket')
const { useUploads } = await import('@/features/tickets/ticket/useUploads')

eachTime()
beforeEach(() => (desk.going = []))
afterEach(async () => {
  desk.going.forEach((one) => one.answer([]))
  await settle()
})

async function refused(): Promise<ReturnType<typeof useUploads>> {
  const uploads = setUp(() => useUploads(useTicket(ref('1000000001')), () => undefined))
  await settle()
  uploads.add([new File(['a'], 'a.png')])
  desk.going[0]?.refuse(new Problem(0, null))
  await settle()
  return uploads
}
const shown = (): string[] => desk.going.map((one) => one.path.split('?')[1] ?? '')

it('a file tried again is shown to whom it was meant for, whatever was ticked since', async () => {
  const uploads = await refused()
  uploads.show(true)
  const [one] = uploads.list.value
  if (one) uploads.retry(one)
  expect(shown()).toEqual(['for_customer=no', 'for_customer=no'])
  expect(desk.going[1]?.key).toBe(desk.going[0]?.key)
})

it('a file shown to others than before is another intention', async () => {
  const uploads = await refused()
  const [one] = uploads.list.value
  if (one) uploads.showOne(one, true)
  const [changed] = uploads.list.value
  if (changed) uploads.retry(changed)
  expect(shown()).toEqual(['for_customer=no', 'for_customer=yes'])
  expect(desk.going[1]?.key).not.toBe(desk.going[0]?.key)
})

it('the window asks before it closes while a file is on its way', async () => {
  const uploads = setUp(() => useUploads(useTicket(ref('1000000001')), () => undefined))
  await settle()
  const asks = (): boolean => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }))
  expect(asks()).toBe(false)
  uploads.add([new File(['a'], 'a.png')])
  expect(asks()).toBe(true)
  desk.going[0]?.answer([])
  await settle()
  expect(asks()).toBe(false)
})
