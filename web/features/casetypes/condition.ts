import { isRecord } from '@/shared/api/problem'

/** An amount as a decimal string in an ISO 4217 currency. */
export interface Money {
  amount: string
  currency: string
}
export type Op = 'is' | 'in' | 'has' | 'present' | 'gt' | 'gte' | 'lt' | 'lte'
export type Operand = string | boolean | number | Money | readonly string[]

/** A bounded tree over a case's own fields, as the desk sends it; the same meaning as `casetypes/condition.py`. */
export type Condition =
  | { type: 'all' | 'any'; of: readonly Condition[] }
  | { type: 'not'; of: Condition }
  | { type: 'compare'; field: string; op: Op; value: Operand }

/** A case's answers as the desk takes them, by the code of the field. */
export type Values = Readonly<Record<string, unknown>>

const OPS: readonly string[] = ['is', 'in', 'has', 'present', 'gt', 'gte', 'lt', 'lte']
const DECIMAL = /^-?\d{1,15}(\.\d{1,6})?$/
const DAY = /^\d{4}-\d{2}-\d{2}$/
const ZONED = /(Z|[+-]\d{2}:\d{2})$/

/** The condition in what the desk sent; null where there is none, or one this app does not know: then the question is asked. */
export function parseCondition(data: unknown): Condition | null {
  if (!isRecord(data)) return null
  const { type, of, field, op, value } = data
  if ((type === 'all' || type === 'any') && Array.isArray(of)) {
    const parts = of.map(parseCondition)
    const known = parts.filter((part) => part !== null)
    return known.length === parts.length ? { type, of: known } : null
  }
  if (type === 'not') {
    const part = parseCondition(of)
    return part && { type, of: part }
  }
  if (type !== 'compare' || typeof field !== 'string' || !isOp(op) || !isOperand(value)) return null
  return { type, field, op, value }
}

/** Whether the condition is true of these values; no condition always is. An absent value makes every comparison false. */
export function holds(condition: Condition | null, values: Values): boolean {
  if (condition === null) return true
  switch (condition.type) {
    case 'all':
      return condition.of.every((part) => holds(part, values))
    case 'any':
      return condition.of.some((part) => holds(part, values))
    case 'not':
      return !holds(condition.of, values)
    case 'compare':
      return compare(condition.op, values[condition.field], condition.value)
  }
}

/** The codes of the fields a condition looks at. */
export function fieldsIn(condition: Condition | null): string[] {
  if (condition === null) return []
  if (condition.type === 'compare') return [condition.field]
  return condition.type === 'not' ? fieldsIn(condition.of) : condition.of.flatMap(fieldsIn)
}

/** A value is absent when it is null, empty text or an empty list; false and 0 are answers. */
export function isPresent(value: unknown): boolean {
  return (
    value !== null && value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)
  )
}

function compare(op: Op, value: unknown, operand: Operand): boolean {
  if (op === 'present') return isPresent(value) === operand
  if (!isPresent(value)) return false
  if (op === 'in') return Array.isArray(operand) && operand.includes(value)
  if (op === 'has') return Array.isArray(value) && value.includes(operand)
  if (op === 'is') return isMoney(operand) ? order(value, operand) === 0 : value === operand
  const found = order(value, operand)
  if (found === null) return false
  return { gt: found > 0, gte: found >= 0, lt: found < 0, lte: found <= 0 }[op]
}

/** Below 0, 0 or above 0 as the value is before, at or after the operand; null where the two cannot be compared. */
function order(value: unknown, operand: Operand): number | null {
  if (isMoney(operand)) {
    const same = isMoney(value) && value.currency === operand.currency
    if (!same || !DECIMAL.test(value.amount) || !DECIMAL.test(operand.amount)) return null
    return sign(millionths(value.amount) - millionths(operand.amount))
  }
  if (typeof operand === 'string' && typeof value === 'string') return sign(moment(value) - moment(operand))
  return typeof operand === 'number' && typeof value === 'number' ? sign(value - operand) : null
}

/** Exact, where a float would round: the amount in millionths of its unit. */
function millionths(amount: string): bigint {
  const [whole = '0', part = ''] = amount.replace('-', '').split('.')
  const size = BigInt(whole + part.padEnd(6, '0'))
  return amount.startsWith('-') ? -size : size
}

/** Days for a date, milliseconds for a moment with a zone (never alike, as at the desk), else not a number. */
function moment(text: string): number {
  if (DAY.test(text)) return Date.parse(`${text}T00:00:00Z`) / 86_400_000
  return ZONED.test(text) ? Date.parse(text) : Number.NaN
}

function sign(difference: number | bigint): number | null {
  if (Number.isNaN(difference)) return null
  return difference > 0 ? 1 : difference < 0 ? -1 : 0
}

function isOp(op: unknown): op is Op {
  return typeof op === 'string' && OPS.includes(op)
}

function isMoney(value: unknown): value is Money {
  return isRecord(value) && typeof value['amount'] === 'string' && typeof value['currency'] === 'string'
}

function isOperand(value: unknown): value is Operand {
  const isText = (one: unknown): boolean => typeof one === 'string'
  return (
    ['string', 'boolean', 'number'].includes(typeof value) ||
    isMoney(value) ||
    (Array.isArray(value) && value.every(isText))
  )
}
