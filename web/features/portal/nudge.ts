import { ref, type Ref, type ShallowRef } from 'vue'
import { api, ask } from '@/shared/api/client'
import type { Problem } from '@/shared/api/problem'
import { useWriting } from '@/shared/api/writing'
import type { Ticket } from './ticket'

export interface Nudging {
  busy: Ref<boolean>
  /** Why it was refused: too soon, with when it may be done again, or we wait for the customer. */
  problem: ShallowRef<Problem | null>
  done: Ref<boolean>
  nudge: () => Promise<void>
}

/** The customer asks us to hurry. What came of it stays said until the page is left. */
export function useNudge(number: string, take: (ticket: Ticket) => void): Nudging {
  const { busy, problem, run } = useWriting()
  const done = ref(false)
  return {
    busy,
    problem,
    done,
    async nudge() {
      const params = (key: string) => ({ path: { id: number }, header: { 'Idempotency-Key': key } })
      const ticket = await run(number, (key) =>
        ask(api.POST('/api/v1/portal/tickets/{id}/nudge', { params: params(key) })),
      )
      if (!ticket) return
      done.value = true
      take(ticket)
    },
  }
}
