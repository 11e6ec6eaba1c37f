import { keeps } from './session'
import { reactive } from 'vue'
import { newKey } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'
import { upload, type Upload } from '@/shared/api/upload'

/** A file on its way to a ticket. */
export interface Sending {
  id: string
  ticket: string
  file: File
  evidence: string | null
  state: 'waiting' | 'sending' | 'done' | 'failed' | 'stopped'
  /** 0 to 1. */
  share: number
  problem: Problem | null
}

/** All files on their way, whichever page is open: leaving a page stops none of them. */
export const sending = reactive<Sending[]>([])
const running = new Map<string, Upload>()
const listeners = new Set<(ticket: string) => void>()
let isBusy = false
let isGuarded = false

/** Send a file to a ticket (id), after those already waiting: one at a time, so that a thin line is not shared. */
export function sendFile(ticket: string, file: File, evidence: string | null): void {
  guard()
  // The id is the key of this intention too: every retry carries it.
  sending.push({ id: newKey(), ticket, file, evidence, state: 'waiting', share: 0, problem: null })
  void next()
}

/** Try again what failed or was stopped. */
export function retry(id: string): void {
  const one = sending.find((each) => each.id === id)
  if (!one) return
  one.state = 'waiting'
  one.problem = null
  void next()
}

/** Stop a file that is on its way or waiting. What has arrived stays. */
export function stop(id: string): void {
  const one = sending.find((each) => each.id === id)
  if (one?.state === 'waiting') one.state = 'stopped'
  running.get(id)?.stop()
}

/** Take a line away. */
export function forget(id: string): void {
  const at = sending.findIndex((each) => each.id === id)
  if (at >= 0) sending.splice(at, 1)
}

/** Be told the id of a ticket that has a file more. */
export function onUploaded(call: (ticket: string) => void): () => void {
  listeners.add(call)
  return () => listeners.delete(call)
}

/** Ask before the page is left while files are on their way. */
function guard(): void {
  if (isGuarded) return
  isGuarded = true
  window.addEventListener('beforeunload', (event) => {
    if (sending.some((one) => one.state === 'sending' || one.state === 'waiting')) event.preventDefault()
  })
}

async function next(): Promise<void> {
  const one = isBusy ? undefined : sending.find((each) => each.state === 'waiting')
  if (!one) return
  isBusy = true
  one.state = 'sending'
  one.share = 0
  const query = one.evidence ? `?evidence=${encodeURIComponent(one.evidence)}` : ''
  const running_ = upload(
    `/api/v1/portal/tickets/${one.ticket}/attach${query}`,
    one.file,
    one.id,
    (share) => {
      one.share = share
    },
  )
  running.set(one.id, running_)
  try {
    await running_.done
    one.state = 'done'
    for (const call of listeners) call(one.ticket)
  } catch (error) {
    one.state = error instanceof Problem ? 'failed' : 'stopped'
    one.problem = error instanceof Problem ? error : null
  } finally {
    running.delete(one.id)
    isBusy = false
    void next()
  }
}

keeps(() => {
  for (const one of [...sending]) {
    stop(one.id)
    forget(one.id)
  }
})
