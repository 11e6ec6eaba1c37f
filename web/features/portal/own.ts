/** The stages of a ticket in their order, as the ring draws them. */
const STAGES: readonly string[] = ['intake', 'assign', 'follow', 'process', 'call_back', 'archive']

/** Which of the six arcs a ticket is at. */
export function arcOf(stage: string): number {
  return Math.max(0, STAGES.indexOf(stage))
}
