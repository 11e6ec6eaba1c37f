import { CLOSED_STATES, OPEN_STATES, PRIORITIES, stageAt, type Priority, type State } from '../words'
import type { Leaf, Tree } from './filter'
import { isSort, type Sort } from './order'

/** The filter as a sentence of words one presses. Each word is a short code; nothing personal is among them. */
export interface Words {
  /** any, me, nobody, or a colleague's login */
  who: string
  /** any, mine (my teams, and those of no team yet), or a team's code */
  team: string
  /** open, any, closed, or one state */
  state: string
  type: string
  priority: string
  due: Due
  waits: Waits
  sort: Sort
}
export type Due = 'any' | 'soon' | 'over'
/** For whom the ticket waits. */
export type Waits = 'any' | 'customer' | 'third_party' | 'appraisal'
export type Word = keyof Words

/** What the words stand for now: who asks, their teams, the desk's people. */
export interface Meaning {
  me: string
  teams: readonly string[]
  staffId: (login: string) => string | undefined
  login: (id: string) => string | undefined
  teamId: (code: string) => string | undefined
  teamCode: (id: string) => string | undefined
  now: () => number
}

export const DUES: readonly Due[] = ['any', 'soon', 'over']
export const WAITS: readonly Waits[] = ['any', 'customer', 'third_party', 'appraisal']
export const SOON_HOURS = 4
export const ANYTHING: Words = {
  who: 'any',
  team: 'any',
  state: 'open',
  type: 'any',
  priority: 'any',
  due: 'any',
  waits: 'any',
  sort: 'due',
}
const NOBODY = '00000000-0000-0000-0000-000000000000'
const HOUR_MS = 3_600_000

/** The tree the words stand for; null is everything. */
export function treeOf(words: Words, meaning: Meaning): Tree | null {
  const parts = [
    who(words.who, meaning),
    team(words.team, meaning),
    states(words.state),
    words.type === 'any' ? null : { field: 'case_type', is: words.type },
    words.priority === 'any' ? null : { field: 'priority', is: words.priority },
    due(words.due, meaning),
    words.waits === 'any' ? null : { field: 'waiting_for', is: words.waits },
  ].filter((one) => one !== null)
  return parts.length > 0 ? { all: parts } : null
}

function who(word: string, meaning: Meaning): Tree | null {
  if (word === 'any') return null
  if (word === 'nobody') return { field: 'assignee', set: false }
  return { field: 'assignee', is: word === 'me' ? meaning.me : (meaning.staffId(word) ?? NOBODY) }
}

function team(word: string, meaning: Meaning): Tree | null {
  if (word === 'any') return null
  if (word !== 'mine') return { field: 'team', is: meaning.teamId(word) ?? NOBODY }
  const none: Tree = { field: 'team', set: false }
  return meaning.teams.length > 0 ? { any: [{ field: 'team', in: [...meaning.teams] }, none] } : none
}

function states(word: string): Tree | null {
  if (word === 'any') return null
  if (word === 'open') return { field: 'state', in: [...OPEN_STATES] }
  if (word === 'closed') return { field: 'state', in: [...CLOSED_STATES] }
  return { field: 'state', is: word }
}

function due(word: Due, meaning: Meaning): Tree | null {
  if (word === 'any') return null
  if (word === 'over') return { field: 'breached', is: true }
  return { field: 'due_at', before: new Date(meaning.now() + SOON_HOURS * HOUR_MS).toISOString() }
}

/** The words a saved tree was made of; null where it says more than words can. */
export function wordsOf(tree: Tree | null, sort: Sort, meaning: Meaning): Words | null {
  let words: Words = { ...ANYTHING, state: 'any', sort }
  const parts = tree === null ? [] : 'all' in tree ? tree.all : [tree]
  const seen = new Set<Word>()
  for (const part of parts) {
    const read = wordOf(part, meaning)
    if (!read || seen.has(read.word)) return null
    seen.add(read.word)
    words = { ...words, [read.word]: read.value }
  }
  return words
}

interface Read {
  word: Exclude<Word, 'sort'>
  value: string
}

function wordOf(tree: Tree, meaning: Meaning): Read | null {
  if ('any' in tree) return isMine(tree.any, meaning) ? { word: 'team', value: 'mine' } : null
  if (!('field' in tree)) return null
  const is = typeof tree.is === 'string' ? tree.is : null
  switch (tree.field) {
    case 'assignee':
      if (tree.set === false) return { word: 'who', value: 'nobody' }
      return read('who', is === meaning.me ? 'me' : is && meaning.login(is))
    case 'team':
      return read('team', is && meaning.teamCode(is))
    case 'state':
      return read('state', is ?? stateList(tree))
    case 'case_type':
      return read('type', is)
    case 'priority':
      return read('priority', is)
    case 'breached':
      return tree.is === true ? { word: 'due', value: 'over' } : null
    case 'waiting_for':
      return read(
        'waits',
        WAITS.find((one) => one === is && one !== 'any'),
      )
    default:
      return null
  }
}

function read(word: Read['word'], value: string | null | undefined): Read | null {
  return value ? { word, value } : null
}

function stateList(tree: Leaf): string | null {
  const given = [...(tree.in ?? [])].sort().join()
  if (given === [...OPEN_STATES].sort().join()) return 'open'
  return given === [...CLOSED_STATES].sort().join() ? 'closed' : null
}

function isMine(trees: Tree[], meaning: Meaning): boolean {
  const [teams, none] = trees
  if (trees.length !== 2 || !teams || !none || !('field' in teams) || !('field' in none)) return false
  const given = [...(teams.in ?? [])].sort().join()
  return none.field === 'team' && none.set === false && given === [...meaning.teams].sort().join()
}

/** What of the address is words; anything else in it is left out. */
export function fromQuery(query: Readonly<Record<string, unknown>>, start: Words): Words {
  const text = (name: Word, or: string): string => {
    const given = query[name]
    return typeof given === 'string' && /^[\w.@-]{1,64}$/.test(given) ? given : or
  }
  const sort = text('sort', start.sort)
  const dueWord = DUES.find((one) => one === text('due', start.due)) ?? start.due
  const waits = WAITS.find((one) => one === text('waits', start.waits)) ?? start.waits
  const state = text('state', start.state)
  const priority = text('priority', start.priority)
  return {
    who: text('who', start.who),
    team: text('team', start.team),
    state: isStateWord(state) ? state : start.state,
    type: text('type', start.type),
    priority: priority === 'any' || isPriority(priority) ? priority : start.priority,
    due: dueWord,
    waits,
    sort: isSort(sort) ? sort : start.sort,
  }
}

/** The address of the words: only what differs from where one starts. */
export function toQuery(words: Words, start: Words): Record<string, string> {
  const names: Word[] = ['who', 'team', 'state', 'type', 'priority', 'due', 'waits', 'sort']
  return Object.fromEntries(
    names.filter((name) => words[name] !== start[name]).map((name) => [name, words[name]]),
  )
}

export function sameWords(one: Words, other: Words): boolean {
  return Object.keys(toQuery(one, other)).length === 0
}

function isStateWord(word: string): boolean {
  return ['open', 'any', 'closed'].includes(word) || isState(word)
}

export function isState(word: string): word is State {
  return [...OPEN_STATES, ...CLOSED_STATES].some((one) => one === word)
}

function isPriority(word: string): word is Priority {
  return PRIORITIES.some((one) => one === word)
}

/** The states in the order of the ring. */
export const STATES: readonly State[] = [...OPEN_STATES, ...CLOSED_STATES].toSorted(
  (a, b) => stageAt(a) - stageAt(b),
)
