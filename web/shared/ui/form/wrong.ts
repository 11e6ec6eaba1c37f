import { computed, inject, provide, type ComputedRef, type InjectionKey } from 'vue'
import type { FieldProblem } from '@/shared/api/problem'

/** What is wrong with a form, by the JSON pointer of the member: told to every field below, however deep. */
export interface Wrongs {
  /** With exactly this member; empty where nothing is. */
  at: (pointer: string) => string
  /** With this member or anything in it. */
  under: (pointer: string) => string
}
type Told = Pick<FieldProblem, 'pointer' | 'detail'>

const KEY: InjectionKey<ComputedRef<Wrongs>> = Symbol('wrongs')
const NOTHING: Wrongs = { at: () => '', under: () => '' }

/** Answer the fields below from these problems. */
export function provideWrongs(problems: () => readonly Told[]): void {
  provide(
    KEY,
    computed(() => wrongsOf(problems())),
  )
}

/** What the form above says is wrong. In a component's set-up. */
export function useWrongs(): ComputedRef<Wrongs> {
  return inject(
    KEY,
    computed(() => NOTHING),
  )
}

/** Look-ups over problems; several with one member are said one after the other, each once. */
export function wrongsOf(problems: readonly Told[]): Wrongs {
  const said = (fits: (pointer: string) => boolean): string =>
    [...new Set(problems.filter((one) => fits(one.pointer)).map((one) => one.detail))].join(' ')
  return {
    at: (pointer) => said((one) => one === pointer),
    under: (pointer) => said((one) => one === pointer || one.startsWith(`${pointer}/`)),
  }
}

/** Problems of a part of what was sent, as if that part were all: `/body/title` under `/body` is `/title`. */
export function within(problems: readonly FieldProblem[], prefix: string): FieldProblem[] {
  return problems.map((one) =>
    one.pointer.startsWith(`${prefix}/`) ? { ...one, pointer: one.pointer.slice(prefix.length) } : one,
  )
}

/** Put the focus on the control of a member, or of the nearest one around it. False where none is on the page. */
export function focusMember(pointer: string, root: ParentNode = document): boolean {
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const place = [...root.querySelectorAll<HTMLElement>('[data-pointer]')].find(
      (one) => one.dataset['pointer'] === at,
    )
    const control = place?.querySelector<HTMLElement>('input, select, textarea, button')
    if (!control) continue
    for (let fold = control.closest('details'); fold; fold = fold.parentElement?.closest('details') ?? null)
      fold.open = true
    control.focus({ preventScroll: true })
    control.scrollIntoView({ block: 'center' })
    return true
  }
  return false
}
