import { computed, ref, watch, type ComputedRef, type Ref } from 'vue'
import { newKey } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'
import { upload, type Upload } from '@/shared/api/upload'
import { t } from '@/shared/i18n'
import { problemText } from './problemText'
import { hold } from '@/features/identity/unsent'
import type { OpenTicket } from './useTicket'

/** One file on its way to the ticket. A refused one stays, with why, until it is retried or removed. */
export interface Sending {
  key: string
  file: File
  /** Whether the customer is to see it. */
  shown: boolean
  state: 'waiting' | 'sending' | 'done' | 'refused' | 'stopped'
  share: number
  said: string
}

export interface Uploads {
  list: Ref<Sending[]>
  busy: ComputedRef<boolean>
  /** Whether the customer is to see what is added from now on. */
  shown: Ref<boolean>
  show: (isShown: boolean) => void
  add: (files: readonly File[]) => void
  /** Let the customer see one that is not sent yet, or not. */
  showOne: (one: Sending, isShown: boolean) => void
  retry: (one: Sending) => void
  stop: (one: Sending) => void
  remove: (one: Sending) => void
}

/** Files are sent one after the other, each on its own: one that is refused holds up no other. */
export function useUploads(open: OpenTicket, done: (n: number) => void): Uploads {
  const list = ref<Sending[]>([])
  const shown = ref(false)
  const running = new Map<string, Upload>()
  const isRunning = ref(false)

  watch(open.id, () => (list.value = []))

  function set(key: string, change: Partial<Sending>): void {
    list.value = list.value.map((one) => (one.key === key ? { ...one, ...change } : one))
  }

  async function run(): Promise<void> {
    if (isRunning.value) return
    isRunning.value = true
    const release = hold()
    let sent = 0
    for (let next = waiting(); next; next = waiting()) if (await send(next)) sent += 1
    release()
    isRunning.value = false
    if (sent > 0) {
      await open.catchUp()
      // What went well is told by the timeline now; only what did not stays in sight.
      list.value = list.value.filter((one) => one.state !== 'done')
      done(sent)
    }
  }
  const waiting = (): Sending | undefined => list.value.find((one) => one.state === 'waiting')

  async function send(one: Sending): Promise<boolean> {
    set(one.key, { state: 'sending', share: 0, said: '' })
    const path = `/api/v1/tickets/${open.id.value}/attach?for_customer=${one.shown ? 'yes' : 'no'}`
    const going = upload(path, one.file, one.key, (share) => set(one.key, { share }))
    running.set(one.key, going)
    try {
      for (const seq of seqsOf(await going.done)) open.mine(seq)
      set(one.key, { state: 'done', share: 1 })
      return true
    } catch (error) {
      if (error instanceof DOMException) set(one.key, { state: 'stopped', said: t('ticket.files.stopped') })
      else if (error instanceof Problem) set(one.key, { state: 'refused', said: problemText(error) })
      else throw error
      return false
    } finally {
      running.delete(one.key)
    }
  }

  return {
    list,
    busy: computed(() => isRunning.value),
    shown,
    show(isShown) {
      shown.value = isShown
    },
    add(files) {
      const fresh = files.map((file) => ({
        key: newKey(),
        file,
        shown: shown.value,
        state: 'waiting' as const,
        share: 0,
        said: '',
      }))
      list.value = [...list.value, ...fresh]
      void run()
    },
    showOne(one, isShown) {
      if (one.state === 'sending' || one.state === 'done' || one.shown === isShown) return
      // Shown or not is another intention: a new key.
      set(one.key, { shown: isShown, key: newKey() })
    },
    retry(one) {
      set(one.key, { state: 'waiting', said: '' })
      void run()
    },
    stop(one) {
      running.get(one.key)?.stop()
      if (one.state === 'waiting') set(one.key, { state: 'stopped', said: t('ticket.files.stopped') })
    },
    remove(one) {
      list.value = list.value.filter((other) => other.key !== one.key)
    },
  }
}

/** Numbers of the events that the desk's answer tells. */
function seqsOf(answer: unknown): number[] {
  if (!Array.isArray(answer)) return []
  return answer.flatMap((one: unknown) =>
    typeof one === 'object' && one !== null && 'seq' in one && typeof one.seq === 'number' ? [one.seq] : [],
  )
}
