/** How things of a ticket are called in the reader's language; a code nobody knows is its own name. */
export interface Names {
  person: (idOrLogin: string) => string
  team: (idOrCode: string) => string
  caseType: (code: string) => string
  field: (code: string) => string
  element: (code: string) => string
  /** A step of the checklist; empty where nobody told its title. */
  check: (code: string) => string
  evidence: (code: string) => string
  /** A clock, by its kind. */
  clock: (kind: string) => string
}

const itself = (code: string): string => code

/** Names where nothing was read yet. */
export const NO_NAMES: Names = {
  person: itself,
  team: itself,
  caseType: itself,
  field: itself,
  element: itself,
  check: itself,
  evidence: itself,
  clock: itself,
}
