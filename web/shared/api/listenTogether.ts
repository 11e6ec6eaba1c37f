import { ref } from 'vue'
import { listen, type Live } from './live'

interface Told {
  kind: string
  data: unknown
}
const ASKED = 'tabs:ask'
const STATE = 'tabs:state'

/**
 * One stream for all tabs of a person: the tab that holds the browser's lock listens and tells the others. Without it
 * six open tickets would use up the connections that a browser allows to one host over HTTP/1.1. When the listening tab
 * closes, the next one listens, and all hear `open` as after any reconnection. A browser without locks listens per tab.
 */
export function listenTogether(path: string, who: string): Live {
  if (!Reflect.get(navigator, 'locks') || !('BroadcastChannel' in window)) return listen(path)
  const name = `bihuan:${path}#${who}`
  const channel = new BroadcastChannel(name)
  const listeners = new Map<string, Set<(data: unknown) => void>>()
  const connected = ref(false)
  const leaving = new AbortController()
  let own: Live | null = null
  let isKnown = false

  const tell = ({ kind, data }: Told): void => {
    for (const call of listeners.get(kind) ?? []) call(data)
  }
  const heard = (told: Told): void => {
    if (told.kind === ASKED) {
      if (own) channel.postMessage({ kind: STATE, data: connected.value } satisfies Told)
    } else if (told.kind === STATE) {
      const isNew = !isKnown && told.data === true
      connected.value = told.data === true
      isKnown ||= connected.value
      // Who comes late begins here; later ones of this kind are reconnections.
      if (isNew) tell({ kind: 'open', data: null })
    } else if (told.kind === 'open') {
      connected.value = isKnown = true
      tell(told)
    } else {
      tell(told)
    }
  }
  channel.onmessage = (event: MessageEvent<Told>) => heard(event.data)
  channel.postMessage({ kind: ASKED, data: null } satisfies Told)

  const lead = (): Promise<void> =>
    new Promise((done) => {
      own = listen(path, (kind, data) => {
        const told: Told = { kind, data }
        channel.postMessage(told)
        heard(told)
      })
      leaving.signal.addEventListener('abort', () => done())
    })
  navigator.locks.request(name, { signal: leaving.signal }, lead).catch((error: unknown) => {
    if (!leaving.signal.aborted) throw error
  })
  return {
    connected,
    on(kind, call) {
      const calls = listeners.get(kind) ?? new Set()
      listeners.set(kind, calls.add(call))
      return () => calls.delete(call)
    },
    close() {
      own?.close()
      leaving.abort()
      channel.close()
      connected.value = false
    },
  }
}
