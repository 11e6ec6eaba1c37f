import { computed, nextTick, ref, watch, type ComputedRef, type Ref } from 'vue'
import type { Entry } from './entry'
import { lastSeq } from './patch'
import type { OpenTicket } from './useTicket'

/** What came in while the page was open and has not been looked at yet. */
export interface News {
  fresh: ComputedRef<readonly Entry[]>
  /** Go to the first of what is new; from here on it counts as seen. */
  show: () => void
  /** The end of the timeline came into view, or left it. */
  endShown: (isShown: boolean) => void
}

export interface Scrolling {
  toEnd: () => void
  toEntry: (seq: number) => void
}

/**
 * Nothing moves by itself: what comes in is added below and announced, and is seen once its end is in view while nothing
 * is being written. While somebody writes it stays news until they ask for it: their words rest on what they saw.
 * What one did oneself is shown at once.
 */
export function useNews(
  open: OpenTicket,
  writing: Ref<boolean>,
  scrolling: Scrolling,
  seen: () => void,
): News {
  const seenSeq = ref(0)
  const isEndShown = ref(false)
  let started = ''

  const fresh = computed(() =>
    open.entries.value.filter((entry) => entry.seq > seenSeq.value && !open.own.value.has(entry.seq)),
  )
  function all(): void {
    seenSeq.value = lastSeq(open.entries.value)
    seen()
  }

  watch(
    [open.entries, open.id],
    async ([entries, id]) => {
      if (id === '' || entries.length === 0) return
      await nextTick()
      const isOwn = open.own.value.has(lastSeq(entries)) && fresh.value.length === 0
      if (started !== id || isOwn) {
        started = id
        scrolling.toEnd()
        seenSeq.value = lastSeq(entries)
      }
    },
    { immediate: true, flush: 'post' },
  )
  watch([isEndShown, writing, open.entries], () => {
    if (isEndShown.value && !writing.value && fresh.value.length > 0) all()
  })

  return {
    fresh,
    show() {
      const first = fresh.value[0]
      all()
      if (first) scrolling.toEntry(first.seq)
    },
    endShown(isShown) {
      isEndShown.value = isShown
    },
  }
}
