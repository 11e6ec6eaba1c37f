/** Pointers of what is to be done and undone. */
export interface CheckChange {
  on: string[]
  off: string[]
}

/** One more chosen, or its choice taken back. */
export function toggled({ on, off }: CheckChange, pointer: string, now: readonly string[]): CheckChange {
  if (on.includes(pointer)) return { on: on.filter((one) => one !== pointer), off }
  if (off.includes(pointer)) return { on, off: off.filter((one) => one !== pointer) }
  return now.includes(pointer) ? { on, off: [...off, pointer] } : { on: [...on, pointer], off }
}

/** Whether it is shown as done. */
export function isChosen({ on, off }: CheckChange, pointer: string, now: readonly string[]): boolean {
  return on.includes(pointer) || (now.includes(pointer) && !off.includes(pointer))
}

/** What of it is still to be sent: what stands so already, by whomever, is not; null where nothing is. */
export function stillToSend({ on, off }: CheckChange, now: readonly string[]): CheckChange | null {
  const left = { on: on.filter((one) => !now.includes(one)), off: off.filter((one) => now.includes(one)) }
  return left.on.length + left.off.length === 0 ? null : left
}
