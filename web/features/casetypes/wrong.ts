import type { FieldProblem } from '@/shared/api/problem'

/** What is wrong, in words, by the pointer of the question it stands beside (`/fields/amount`). */
export type Wrong = Readonly<Record<string, string>>

/** Each problem at its question: a pointer into a value (`/fields/amount/currency`) is its field's. */
export function wrongOf(problems: readonly Pick<FieldProblem, 'pointer' | 'detail'>[]): Wrong {
  const found: Record<string, string> = {}
  for (const { pointer, detail } of problems) {
    const place = atQuestion(pointer)
    found[place] = found[place] ? `${found[place]} ${detail}` : detail
  }
  return found
}

/** The pointer of the question that a pointer belongs to. */
export function atQuestion(pointer: string): string {
  const [, place = '', code] = pointer.split('/')
  return code === undefined ? `/${place}` : `/${place}/${code}`
}

/** `wrong` without what was said of one question: it is being answered anew. */
export function without(wrong: Wrong, pointer: string): Wrong {
  if (!(pointer in wrong)) return wrong
  return Object.fromEntries(Object.entries(wrong).filter(([place]) => place !== pointer))
}

/** Bring the question at the pointer into view, and the focus into it. False where it is not on the page. */
export function focusAt(pointer: string, root: ParentNode = document): boolean {
  const places = [...root.querySelectorAll<HTMLElement>('[data-pointer]')]
  const question = places.find((one) => one.dataset['pointer'] === atQuestion(pointer))
  const control = question?.querySelector<HTMLElement>(
    'input:checked, input:not([type="hidden"]), select, textarea, button',
  )
  if (!control) return false
  control.closest('details')?.setAttribute('open', '')
  control.focus({ preventScroll: true })
  control.scrollIntoView({ block: 'center' })
  return true
}
