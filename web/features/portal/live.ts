import { onScopeDispose, watch } from 'vue'
import { live } from '@/shared/api/live'
import { isRecord } from '@/shared/api/problem'
import { standing } from './session'

const PATH = '/api/v1/portal/live'

/** What a listener is told: a ticket (id, version) that changed, or null where anything may have. */
export type Changed = { id: string; version: number } | null

/** Hear of changes to the customer's tickets as long as the component lives and the session stands. */
export function useChanges(call: (changed: Changed) => void): void {
  let off: (() => void)[] = []
  let timer = 0
  let isBack = false
  const end = (): void => {
    window.clearTimeout(timer)
    for (const one of off) one()
    off = []
  }
  const begin = (): void => {
    end()
    const stream = live(PATH)
    let wasOpen = stream.connected.value
    off = [
      stream.on('ticket', (data) => {
        if (isRecord(data) && typeof data['id'] === 'string' && typeof data['version'] === 'number')
          call({ id: data['id'], version: data['version'] })
      }),
      stream.on('again', (data) => {
        const within = isRecord(data) && typeof data['within_ms'] === 'number' ? data['within_ms'] : 0
        window.clearTimeout(timer)
        timer = window.setTimeout(() => call(null), Math.random() * within)
      }),
      // What happened while the stream was down is not told: read anew when it stands again.
      stream.on('open', () => {
        if (wasOpen) call(null)
        wasOpen = true
      }),
    ]
    if (isBack) call(null)
    isBack = true
  }
  watch(standing, (now) => (now === 'in' ? begin() : end()), { immediate: true })
  onScopeDispose(end)
}
