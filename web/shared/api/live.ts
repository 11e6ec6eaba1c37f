import { ref, type Ref } from 'vue'

type Listener = (data: unknown) => void

/** The desk's stream of what changed. One connection an app, shared by all its pages. */
export interface Live {
  /** Whether the stream stands; false while it is being made anew. */
  connected: Ref<boolean>
  /** Call for each event of a kind; gives what takes the listener away. `open` is told at every (re)connection. */
  on: (kind: string, call: Listener) => () => void
  close: () => void
}

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 10_000
const KINDS = ['hello', 'tickets', 'ticket', 'again', 'case_types', 'people', 'notice'] as const

/** Listen to the stream at `path`; reconnects by itself, with growing pauses and jitter. `passOn` hears every event. */
export function listen(path: string, passOn?: (kind: string, data: unknown) => void): Live {
  const listeners = new Map<string, Set<Listener>>()
  const connected = ref(false)
  let source: EventSource | null = null
  let timer = 0
  let pause = FIRST_PAUSE_MS
  let closed = false

  const tell = (kind: string, data: unknown): void => {
    for (const call of listeners.get(kind) ?? []) call(data)
    passOn?.(kind, data)
  }
  const connect = (): void => {
    source = new EventSource(path)
    source.addEventListener('open', () => {
      connected.value = true
      pause = FIRST_PAUSE_MS
      tell('open', null)
    })
    source.addEventListener('error', () => {
      connected.value = false
      tell('tabs:state', false)
      source?.close()
      if (closed) return
      timer = window.setTimeout(connect, pause * (0.5 + Math.random()))
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
    })
    for (const kind of KINDS) {
      source.addEventListener(kind, (event: MessageEvent<string>) => tell(kind, JSON.parse(event.data)))
    }
  }
  connect()
  return {
    connected,
    on(kind, call) {
      const calls = listeners.get(kind) ?? new Set()
      listeners.set(kind, calls.add(call))
      return () => calls.delete(call)
    },
    close() {
      closed = true
      window.clearTimeout(timer)
      source?.close()
      connected.value = false
    },
  }
}

let shared: Live | null = null
let make: (path: string) => Live = listen

/** The app's one stream, made at first use. */
export function live(path = '/api/v1/live'): Live {
  shared ??= make(path)
  return shared
}

/** How the next stream is made. */
export function liveBy(maker: (path: string) => Live): void {
  make = maker
}

/** End the app's stream (signing out); the next use makes a new one. */
export function endLive(): void {
  shared?.close()
  shared = null
}
