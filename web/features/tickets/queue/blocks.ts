/** Lines of one block, and how many lines are still all drawn. */
export const BLOCK = 25
export const FEW = 300

/** A list in blocks of BLOCK, the last one shorter. */
export function blocksOf<T>(rows: readonly T[]): T[][] {
  const blocks: T[][] = []
  for (let start = 0; start < rows.length; start += BLOCK) blocks.push(rows.slice(start, start + BLOCK))
  return blocks
}
