import { ref, type Ref } from 'vue'
import { confirmBy } from '@/shared/api/client'

/** Whether somebody is being asked to prove again who they are. One dialog, whoever waits for it. */
export const isConfirming: Ref<boolean> = ref(false)
let waiting: ((isDone: boolean) => void)[] = []

/** From now on a write refused for it asks by the dialog, and is sent again. */
export function startConfirming(): void {
  confirmBy(() => {
    isConfirming.value = true
    return new Promise((answer) => waiting.push(answer))
  })
}

/** The dialog's end: done, or left. */
export function confirmed(isDone: boolean): void {
  isConfirming.value = false
  const all = waiting
  waiting = []
  for (const answer of all) answer(isDone)
}
