import type { Values } from './forms'

/** What was typed in a dialog, upon what it was typed, and the draft it was taken from. */
export interface Kept {
  values: Values
  start: Values
  version: number
  draftId: string
}

/** What somebody changed, by name. */
function changed(kept: Kept): string[] {
  return Object.keys({ ...kept.start, ...kept.values }).filter((name) => isChanged(kept, name))
}
function isChanged({ start, values }: Kept, name: string): boolean {
  return (values[name] ?? '') !== (start[name] ?? '')
}

export function isTouched(kept: Kept): boolean {
  return changed(kept).length > 0
}

/**
 * What was typed, upon the ticket as it stands now: only what was changed lies over the new start. Where somebody else
 * changed the same, the version of before stays, so that the desk shows both sides.
 */
export function reopened(kept: Kept | undefined, start: Values, version: number): Kept {
  const mine = kept ? changed(kept) : []
  if (!kept || mine.length === 0) return { values: start, start, version, draftId: '' }
  const over = Object.fromEntries(mine.map((name) => [name, kept.values[name] ?? '']))
  const isSame = mine.every((name) => (kept.start[name] ?? '') === (start[name] ?? ''))
  return {
    values: { ...start, ...over },
    start: isSame ? start : { ...start, ...pick(kept.start, mine) },
    version: isSame ? version : kept.version,
    draftId: kept.draftId,
  }
}

function pick(from: Values, names: readonly string[]): Values {
  return Object.fromEntries(names.map((name) => [name, from[name] ?? '']))
}
