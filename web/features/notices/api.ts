import { api, ask, type Schema } from '@/shared/api/client'

/** Notices at the desk. Every call throws Problem. */

export type Notice = Schema['NoticeView']
export type NoticePage = Schema['NoticePage']
export type Wishes = Schema['Wishes']
export type WishesView = Schema['WishesView']
export type Delivery = Schema['DeliveryView']
export type DeliveryState = Delivery['state']
export type Robot = Schema['RobotView']
export type RobotWish = Schema['RobotWish']

/** Key of what is read of notices. */
export const NOTICES_KEY = 'notices'

const once = (id: string, key: string) => ({ params: { path: { id }, header: { 'Idempotency-Key': key } } })

export function readFeed(after: string | null, unread: boolean): Promise<NoticePage> {
  const query = { ...(after ? { after } : {}), ...(unread ? { unread: 'true' as const } : {}) }
  return ask(api.GET('/api/v1/notices', { params: { query } }))
}
export function markRead(ids: readonly string[]): Promise<Schema['Unread']> {
  return ask(api.POST('/api/v1/notices/read', { body: { ids: [...ids] } }))
}
export function markAllRead(): Promise<Schema['Unread']> {
  return ask(api.POST('/api/v1/notices/read', { body: { all: true } }))
}
export function readWishes(): Promise<WishesView> {
  return ask(api.GET('/api/v1/notices/preferences'))
}
export function putWishes(wishes: Wishes): Promise<WishesView> {
  return ask(api.PUT('/api/v1/notices/preferences', { body: wishes }))
}
/** How the ways out of the desk fare. */
export function readChannels(): Promise<Schema['ChannelView'][]> {
  return ask(api.GET('/api/v1/notices/channels'))
}
/** Deliveries in a state (empty: all), newest first. */
export function readDeliveries(state: DeliveryState | '', after: string | null): Promise<Delivery[]> {
  const query = { ...(state ? { state } : {}), ...(after ? { after } : {}) }
  return ask(api.GET('/api/v1/notices/deliveries', { params: { query } }))
}
export function settle(id: string, body: Schema['Settle'], key: string): Promise<Delivery> {
  return ask(api.POST('/api/v1/notices/deliveries/{id}/settle', { ...once(id, key), body }))
}
export function sendAgain(id: string, note: string, key: string): Promise<Delivery> {
  return ask(api.POST('/api/v1/notices/deliveries/{id}/again', { ...once(id, key), body: { note } }))
}
export function readRobots(): Promise<Robot[]> {
  return ask(api.GET('/api/v1/notices/robots'))
}
export function putRobot(wish: RobotWish): Promise<Robot> {
  return ask(api.PUT('/api/v1/notices/robots', { body: wish }))
}
/** True once it is taken away. */
export async function dropRobot(code: string): Promise<boolean> {
  await ask(api.DELETE('/api/v1/notices/robots/{code}', { params: { path: { code } } }))
  return true
}
export function tryRobot(code: string): Promise<Schema['Trial']> {
  return ask(api.POST('/api/v1/notices/robots/{code}/try', { params: { path: { code } } }))
}
