import type { AccessRequest } from './api'

/** How often it is looked whether a released request's file was made: it takes the desk a second or two. */
export const MAKING_MS = 2000

/** Whether any file is being made. */
export function isMaking(all: readonly Pick<AccessRequest, 'state'>[]): boolean {
  return all.some((one) => one.state === 'released')
}
/** Whether a customer may be asked for: nothing of theirs is being dealt with. */
export function mayAsk(all: readonly Pick<AccessRequest, 'state'>[]): boolean {
  return !all.some((one) => one.state === 'asked' || one.state === 'released')
}
/** Whether a colleague can still fetch the file: it is given to colleagues once. */
export function mayFetch(one: Pick<AccessRequest, 'state' | 'fetched_at'>): boolean {
  return one.state === 'ready' && !one.fetched_at
}
