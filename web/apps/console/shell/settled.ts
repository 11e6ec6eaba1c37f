import { onScopeDispose, ref, watch, type Ref } from 'vue'

const BREAK_MS = 2_000

/** Like `connected`, but a break shorter than two seconds is not told: streams are made anew all the time. */
export function useSettled(connected: Readonly<Ref<boolean>>): Ref<boolean> {
  const settled = ref(true)
  let timer = 0
  watch(
    connected,
    (on) => {
      window.clearTimeout(timer)
      if (on) settled.value = true
      else timer = window.setTimeout(() => (settled.value = false), BREAK_MS)
    },
    { immediate: true },
  )
  onScopeDispose(() => window.clearTimeout(timer))
  return settled
}
