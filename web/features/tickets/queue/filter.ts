import type { Schema } from '@/shared/api/client'
import { isRecord } from '@/shared/api/problem'

/**
 * The desk's filter trees, judged here on a row that was pushed, by the very rules of SQL: a comparison with nothing is
 * neither true nor false (null), `not` of it neither, and only what is true is in the list.
 */
export type Row = Schema['TicketRow']
export type Tree = { all: Tree[] } | { any: Tree[] } | { not: Tree } | Leaf
export interface Leaf {
  field: string
  is?: Value
  not?: Value
  in?: Value[]
  before?: string
  after?: string
  below?: number
  above?: number
  set?: boolean
}
export type Value = string | number | boolean

/** True, false, null (SQL's unknown), or 'untold': the row does not carry what the filter asks. */
export type Verdict = boolean | null | 'untold'

/** Codes of a row into the ids that a filter names. */
export interface Ids {
  team: (code: string) => string | undefined
  staff: (login: string) => string | undefined
}

const OPERATORS = ['is', 'not', 'in', 'before', 'after', 'below', 'above', 'set'] as const
const MOST_DEPTH = 3

/** A tree out of JSON. Null where it is none. */
export function parseTree(raw: unknown, depth = 1): Tree | null {
  if (!isRecord(raw) || depth > MOST_DEPTH) return null
  for (const word of ['all', 'any'] as const) {
    const members = raw[word]
    if (members === undefined) continue
    if (!Array.isArray(members) || members.length === 0) return null
    const parsed = members.map((one: unknown) => parseTree(one, depth + 1))
    const trees = parsed.filter((one) => one !== null)
    if (trees.length !== parsed.length) return null
    return word === 'all' ? { all: trees } : { any: trees }
  }
  if (raw['not'] !== undefined && raw['field'] === undefined) {
    const inner = parseTree(raw['not'], depth + 1)
    return inner ? { not: inner } : null
  }
  return parseLeaf(raw)
}

function parseLeaf(raw: Record<string, unknown>): Leaf | null {
  const field = raw['field']
  const said = OPERATORS.filter((one) => raw[one] !== undefined)
  const operator = said[0]
  if (typeof field !== 'string' || said.length !== 1 || operator === undefined) return null
  const given = raw[operator]
  if (operator === 'in') return Array.isArray(given) && given.every(isValue) ? { field, in: given } : null
  if (operator === 'set') return typeof given === 'boolean' ? { field, set: given } : null
  if (operator === 'before' || operator === 'after')
    return typeof given === 'string' ? { field, [operator]: given } : null
  if (operator === 'below' || operator === 'above')
    return typeof given === 'number' ? { field, [operator]: given } : null
  return isValue(given) ? { field, [operator]: given } : null
}

function isValue(given: unknown): given is Value {
  return ['string', 'number', 'boolean'].includes(typeof given)
}

/** What the tree says of the row. Null (no tree) is everything. */
export function judge(tree: Tree | null, row: Row, ids: Ids): Verdict {
  if (tree === null) return true
  if ('all' in tree) return every(tree.all.map((one) => judge(one, row, ids)))
  if ('any' in tree) return some(tree.any.map((one) => judge(one, row, ids)))
  if ('field' in tree) return leaf(tree, row, ids)
  const inner = judge(tree.not, row, ids)
  return inner === null || inner === 'untold' ? inner : !inner
}

function every(verdicts: Verdict[]): Verdict {
  if (verdicts.includes(false)) return false
  if (verdicts.includes('untold')) return 'untold'
  return verdicts.includes(null) ? null : true
}

function some(verdicts: Verdict[]): Verdict {
  if (verdicts.includes(true)) return true
  if (verdicts.includes('untold')) return 'untold'
  return verdicts.includes(null) ? null : false
}

function leaf(tree: Leaf, row: Row, ids: Ids): Verdict {
  const found = valueOf(tree.field, row, ids)
  if (found === undefined) return 'untold'
  if (tree.set !== undefined) return (found !== null) === tree.set
  if (tree.not !== undefined) return found === null || !same(found, tree.not)
  if (found === null) return null
  if (tree.is !== undefined) return same(found, tree.is)
  if (tree.in !== undefined) return tree.in.some((one) => same(found, one))
  if (tree.before !== undefined) return instant(found) < instant(tree.before)
  if (tree.after !== undefined) return instant(found) > instant(tree.after)
  if (tree.below !== undefined) return Number(found) < tree.below
  if (tree.above !== undefined) return Number(found) > tree.above
  return 'untold'
}

/** Undefined where the row cannot tell: it does not carry the field, or its code is of somebody not known here. */
function valueOf(field: string, row: Row, ids: Ids): Value | null | undefined {
  switch (field) {
    case 'team':
      return row.team === null ? null : ids.team(row.team)
    case 'assignee':
      return row.assignee === null ? null : ids.staff(row.assignee)
    case 'customer':
      return row.customer_id
    case 'due_at':
      return dueAt(row)
    case 'breached':
      return isBreached(row)
    case 'state':
    case 'priority':
    case 'case_type':
    case 'channel':
    case 'number':
    case 'opened_at':
    case 'changed_at':
      return row[field]
    default:
      return undefined
  }
}

/** When the row is due: a clock that stands still makes nothing due, for the desk's list as for us. */
export function dueAt(row: Row): string | null {
  return row.clock_state === 'paused' ? null : row.due_at
}

function isBreached(row: Row): boolean {
  const due = dueAt(row)
  return due !== null && Date.parse(due) < Date.now()
}

function same(found: Value, asked: Value): boolean {
  return typeof found === 'string' && typeof asked === 'string'
    ? caseless(found) === caseless(asked)
    : found === asked
}

function caseless(text: string): string {
  return /^[0-9a-f-]{36}$/i.test(text) ? text.toLowerCase() : text
}

/** Microseconds since 1970, as the desk keeps them; a Date has milliseconds only. */
export function instant(iso: Value): number {
  const text = String(iso)
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? ''
  const micros = Number(fraction.padEnd(6, '0').slice(3, 6))
  return Date.parse(text) * 1000 + micros
}
