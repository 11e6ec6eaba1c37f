import { computed, onScopeDispose, ref, type ComputedRef } from 'vue'

/** Seconds to wait before another try, counting down by themselves. */
export interface Waiting {
  seconds: ComputedRef<number>
  start: (seconds: number) => void
}

/** A countdown that ends with its component. It counts by the clock, so that a sleeping tab does not stretch it. */
export function useWaiting(): Waiting {
  const until = ref(0)
  const now = ref(0)
  let timer = 0
  const stop = (): void => window.clearInterval(timer)
  onScopeDispose(stop)
  return {
    seconds: computed(() => Math.max(0, Math.ceil((until.value - now.value) / 1000))),
    start(seconds) {
      stop()
      now.value = Date.now()
      until.value = now.value + seconds * 1000
      timer = window.setInterval(() => {
        now.value = Date.now()
        if (now.value >= until.value) stop()
      }, 1000)
    },
  }
}
