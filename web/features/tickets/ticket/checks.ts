/** Pointers of what is to be done and undone. */
export interface CheckChange {
  on: string[]
  off: string[]
}

/** What was chosen since the start; null where nothing was. What others did meanwhile is no part of it. */
export function chosenSince(start: readonly string[], chosen: ReadonlySet<string>): CheckChange | null {
  const on = [...chosen].filter((one) => !start.includes(one))
  const off = start.filter((one) => !chosen.has(one))
  return on.length + off.length === 0 ? null : { on, off }
}

/** What of it is still to be sent: what stands so already, by whomever, is not. */
export function stillToSend({ on, off }: CheckChange, now: readonly string[]): CheckChange {
  return { on: on.filter((one) => !now.includes(one)), off: off.filter((one) => now.includes(one)) }
}
