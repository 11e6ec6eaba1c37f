import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { newKey } from './client'
import { Problem } from './problem'

/** One write at a time, with what came of it. What was typed is the caller's and stays. */
export interface Writing {
  busy: Ref<boolean>
  problem: ShallowRef<Problem | null>
  /**
   * Write; the answer, or null where it was refused (`problem`). `content` tells one intention from another: the same
   * content carries the same key, so that a retry is done once.
   */
  run: <T>(content: unknown, write: (key: string) => Promise<T>) => Promise<T | null>
  clear: () => void
}

export function useWriting(): Writing {
  const busy = ref(false)
  const problem = shallowRef<Problem | null>(null)
  let before = ''
  let key = newKey()
  return {
    busy,
    problem,
    async run(content, write) {
      if (busy.value) return null
      const now = JSON.stringify(content)
      if (now !== before) key = newKey()
      before = now
      busy.value = true
      problem.value = null
      try {
        const answer = await write(key)
        before = ''
        return answer
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        problem.value = error
        return null
      } finally {
        busy.value = false
      }
    },
    clear() {
      problem.value = null
    },
  }
}
