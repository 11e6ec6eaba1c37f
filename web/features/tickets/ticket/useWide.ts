import { onScopeDispose, ref, type Ref } from 'vue'

/** Whether there is room for what is known of a ticket beside what is said; else it is folded above. */
export function useWide(): Ref<boolean> {
  const room = window.matchMedia('(width >= 64rem)')
  const isWide = ref(room.matches)
  const changed = (): void => void (isWide.value = room.matches)
  room.addEventListener('change', changed)
  onScopeDispose(() => room.removeEventListener('change', changed))
  return isWide
}
