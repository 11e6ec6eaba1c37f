import { onScopeDispose, ref, type Ref } from 'vue'

/**
 * The one clock of all that counts down on a page. `second` and `minute` are the moment of now in ms, renewed every second
 * and every minute: what reads only `minute` is drawn once a minute.
 */
const second = ref(Date.now())
const minute = ref(Date.now())
let readers = 0
let timer = 0

const SECOND_MS = 1000
const MINUTE_MS = 60_000

export interface Ticker {
  second: Readonly<Ref<number>>
  minute: Readonly<Ref<number>>
}

/** Read the clock as long as the component lives; it stands still while nobody reads it. */
export function useTicker(): Ticker {
  if (readers++ === 0) {
    tick()
    timer = window.setInterval(tick, SECOND_MS)
  }
  onScopeDispose(() => {
    if (--readers === 0) window.clearInterval(timer)
  })
  return { second, minute }
}

function tick(): void {
  const now = Date.now()
  second.value = now
  if (Math.floor(now / MINUTE_MS) !== Math.floor(minute.value / MINUTE_MS)) minute.value = now
}
