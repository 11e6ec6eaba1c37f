import { onScopeDispose, ref, type Ref } from 'vue'
import { newKey } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'
import { upload, type Upload } from '@/shared/api/upload'
import { t } from '@/shared/i18n'
import { guard, hold, remember } from '@/features/identity/unsent'

/** A file that goes with the new ticket. */
export interface Goes {
  key: string
  file: File
  state: 'waiting' | 'sending' | 'done' | 'refused' | 'stopped'
  /** 0 to 1. */
  share: number
  /** Why it was refused. */
  said: string
}
export interface Sending {
  files: Ref<Goes[]>
  add: (files: Iterable<File>) => void
  remove: (key: string) => void
  /** Send what waits, one after the other, to the ticket; one refused holds up no other. */
  send: (ticket: string) => Promise<void>
  retry: (key: string, ticket: string) => Promise<void>
  stop: (key: string) => void
}

/** Files chosen for a ticket that is not opened yet. */
const NEW = 'new'
const left = remember<Goes[]>((files) => files.length > 0)

/** Files are chosen before there is a ticket and sent once there is one. */
export function useSending(): Sending {
  const files = ref<Goes[]>(left.get(NEW) ?? [])
  left.delete(NEW)
  let isBegun = false
  onScopeDispose(() => {
    // Once there is a ticket they go on to it, wherever one is.
    if (!isBegun && files.value.length > 0) left.set(NEW, files.value)
  })
  guard(() => !isBegun && files.value.length > 0)
  const running = new Map<string, Upload>()
  const set = (key: string, change: Partial<Goes>): void => {
    files.value = files.value.map((one) => (one.key === key ? { ...one, ...change } : one))
  }

  async function sendOne(one: Goes, ticket: string): Promise<void> {
    set(one.key, { state: 'sending', share: 0, said: '' })
    const path = `/api/v1/tickets/${encodeURIComponent(ticket)}/attach`
    const going = upload(path, one.file, one.key, (share) => set(one.key, { share }))
    running.set(one.key, going)
    const release = hold()
    try {
      await going.done
      set(one.key, { state: 'done', share: 1 })
    } catch (error) {
      if (error instanceof DOMException) set(one.key, { state: 'stopped' })
      else if (error instanceof Problem) set(one.key, { state: 'refused', said: why(error) })
      else throw error
    } finally {
      release()
      running.delete(one.key)
    }
  }

  async function send(ticket: string): Promise<void> {
    isBegun = true
    for (const one of files.value) if (one.state === 'waiting') await sendOne(one, ticket)
  }

  return {
    files,
    add(chosen) {
      if (files.value.length === 0) isBegun = false
      const more = [...chosen].map((file): Goes => ({
        key: newKey(),
        file,
        state: 'waiting',
        share: 0,
        said: '',
      }))
      files.value = [...files.value, ...more]
    },
    remove(key) {
      files.value = files.value.filter((one) => one.key !== key)
    },
    send,
    async retry(key, ticket) {
      const one = files.value.find((each) => each.key === key)
      if (one) await sendOne(one, ticket)
    },
    stop(key) {
      running.get(key)?.stop()
    },
  }
}

function why(problem: Problem): string {
  return problem.unreachable ? t('new.file_unreachable') : (problem.fields[0]?.detail ?? problem.detail)
}
