import type { Erasure } from './api'

/** How often the page looks whether an approved erasure is done: it takes the desk a second or two. */
export const RUNNING_MS = 2000

/** Whether any was approved and is not done yet. */
export function isRunning(all: readonly Pick<Erasure, 'state'>[]): boolean {
  return all.some((one) => one.state === 'approved')
}
