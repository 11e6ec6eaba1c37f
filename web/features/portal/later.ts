import { shallowRef, watch, type Component, type ShallowRef } from 'vue'

/** A part of a page that is loaded once it is wanted: most visits never want it. Null until it is there. */
export function later(
  load: () => Promise<{ default: Component }>,
  isWanted: () => boolean,
): ShallowRef<Component | null> {
  const part = shallowRef<Component | null>(null)
  const fetchPart = async (): Promise<void> => {
    part.value = (await load()).default
  }
  watch(isWanted, (wanted) => { if (wanted && !part.value) void fetchPart() }, { immediate: true }) // prettier-ignore
  return part
}
