import type { FieldType, FormField } from './form'

/** Above this many choices a list to open is easier than a row of them. */
const MOST_SIDE_BY_SIDE = 5

export type Drawn = 'choices' | 'select' | 'money' | 'lines' | 'card' | 'day' | 'line'

/** The control a field wants. */
export function drawnAs(field: Pick<FormField, 'type' | 'choices'>): Drawn {
  switch (field.type) {
    case 'choice':
      return field.choices.length <= MOST_SIDE_BY_SIDE ? 'choices' : 'select'
    case 'choices':
    case 'boolean':
      return 'choices'
    case 'money':
      return 'money'
    case 'long_text':
    case 'address':
      return 'lines'
    case 'card_number':
      return 'card'
    case 'date':
    case 'datetime':
      return 'day'
    default:
      return 'line'
  }
}

interface Typed {
  type?: string
  keys?: 'numeric' | 'decimal' | 'tel' | 'email'
  autocomplete?: string
}

/** The keyboard that fits what is typed in one line, and what the browser may offer. */
export const TYPED: Readonly<Partial<Record<FieldType, Typed>>> = {
  integer: { keys: 'numeric' },
  number: { keys: 'decimal' },
  mobile: { type: 'tel', keys: 'tel', autocomplete: 'tel' },
  email: { type: 'email', keys: 'email', autocomplete: 'email' },
  person_name: { autocomplete: 'name' },
}
