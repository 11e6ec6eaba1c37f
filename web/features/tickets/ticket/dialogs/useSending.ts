import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { newKey } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'
import { wrongOf, type Wrong } from '@/features/casetypes/wrong'
import type { Conflict } from '../conflict'
import { dropDraft } from '../drafts'
import { problemText } from '../problemText'
import type { Opened } from '../useDialogs'
import type { Outcome } from '../useTicket'

type Run = (version: number, key: string) => Promise<Outcome>

/** How a dialog's verb is sent: once at a time, refused beside what it is about, and again in full sight of a conflict. */
export interface Sending {
  busy: Ref<boolean>
  problem: ShallowRef<Problem | null>
  conflict: ShallowRef<Conflict | null>
  /** What was refused of the whole, in words; what is about one question stands in `wrong`. */
  said: ComputedRef<string>
  wrong: ComputedRef<Wrong>
  /** True where it was done. `content` tells one intention from another. */
  send: (content: unknown, run: Run) => Promise<boolean>
  /** The changes were read: what is sent from now on rests on them. */
  accept: () => void
  /** Nothing will come of it: the draft the desk kept is not needed. */
  drop: () => Promise<void>
}

export function useSending(opened: Opened): Sending {
  const busy = ref(false)
  const problem = shallowRef(opened.problem)
  const conflict = shallowRef(opened.conflict)
  let version = opened.version
  let draftId = opened.conflict?.draftId ?? ''
  let content = ''
  let key = newKey()

  async function drop(): Promise<void> {
    const id = draftId
    draftId = ''
    if (!id) return
    try {
      await dropDraft(id)
    } catch (error) {
      // One draft too many is offered again, and can be thrown away then.
      if (!(error instanceof Problem)) throw error
    }
  }

  return {
    busy,
    problem,
    conflict,
    said: computed(() => {
      const found = problem.value
      return found === null || conflict.value !== null ? '' : problemText(found)
    }),
    wrong: computed(() => wrongOf(problem.value?.fields ?? [])),
    async send(now, run) {
      if (busy.value) return false
      const asText = JSON.stringify(now)
      if (asText !== content) key = newKey()
      content = asText
      busy.value = true
      problem.value = null
      try {
        const outcome = await run(version, key)
        if (outcome.ok) {
          await drop()
          return true
        }
        problem.value = outcome.problem
        conflict.value = outcome.conflict
        if (outcome.conflict) {
          await drop()
          draftId = outcome.conflict.draftId
        }
        return false
      } finally {
        busy.value = false
      }
    },
    accept() {
      version = Math.max(version, conflict.value?.version ?? 0)
      key = newKey()
      conflict.value = null
      problem.value = null
    },
    drop,
  }
}
