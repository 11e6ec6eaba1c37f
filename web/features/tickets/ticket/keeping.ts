import { onScopeDispose, ref, watch, type Ref } from 'vue'
import { Problem } from '@/shared/api/problem'
import { dropDraft, keepDraft } from './drafts'

export type KeptState = 'none' | 'waiting' | 'saving' | 'saved' | 'failed'

/** What is being written, kept at the desk as one draft. */
export interface Keeping {
  state: Ref<KeptState>
  /** The draft that holds the words now. */
  draftId: Ref<string>
  /** The words that draft holds. */
  keptText: () => string
  /** The words are said, or thrown away: no draft of them is left. */
  finish: () => Promise<void>
  /** These words are kept under this draft already (it was taken up, or the desk kept it at a conflict). */
  adopt: (draftId: string, body: string) => void
  /** Keep now what is not kept yet. */
  flush: () => Promise<void>
}

const PAUSE_MS = 1500

/**
 * Keep a text as a draft once the writer pauses. The desk adds a draft each time, so the one before is dropped after:
 * at no moment are the words in none. A failure is said and tried again at the next pause.
 */
export function useKeeping(ticketId: Ref<string>, verb: Ref<'reply' | 'note'>, text: Ref<string>): Keeping {
  const state = ref<KeptState>('none')
  const draftId = ref('')
  let keptText = ''
  let timer = 0
  let queue: Promise<void> = Promise.resolve()

  const inOrder = (run: () => Promise<void>): Promise<void> => (queue = queue.then(run))

  async function keep(): Promise<void> {
    const body = text.value
    if (!ticketId.value || body === keptText || body.trim() === '') return
    state.value = 'saving'
    try {
      const before = draftId.value
      const kept = await keepDraft(ticketId.value, verb.value, body)
      draftId.value = kept?.id ?? ''
      keptText = body
      if (before) await dropDraft(before)
      if (state.value === 'saving') state.value = text.value === body ? 'saved' : 'waiting'
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      state.value = 'failed'
    }
  }

  async function drop(): Promise<void> {
    const id = draftId.value
    draftId.value = ''
    keptText = ''
    state.value = 'none'
    if (!id) return
    try {
      await dropDraft(id)
    } catch (error) {
      // The words were said or are not wanted: a draft too many is offered again, and can be thrown away then.
      if (!(error instanceof Problem)) throw error
    }
  }

  function later(): void {
    window.clearTimeout(timer)
    timer = 0
    if (text.value.trim() === '') {
      if (draftId.value) timer = window.setTimeout(() => void inOrder(dropIfEmpty), PAUSE_MS)
      else state.value = 'none'
      return
    }
    if (text.value === keptText) return
    if (state.value !== 'saving') state.value = 'waiting'
    timer = window.setTimeout(() => void inOrder(keep), PAUSE_MS)
  }

  async function dropIfEmpty(): Promise<void> {
    if (text.value.trim() === '') await drop()
  }

  watch(
    [text, verb],
    ([, now], [, before]) => {
      // A draft knows whether it is an answer or a note: changed, it is another draft.
      if (now !== before) keptText = ''
      later()
    },
    // At once, so that what is adopted after the words were set is not taken for changed.
    { flush: 'sync' },
  )
  onScopeDispose(() => window.clearTimeout(timer))

  return {
    state,
    draftId,
    keptText: () => keptText,
    finish: () => {
      window.clearTimeout(timer)
      return inOrder(drop)
    },
    adopt(id, body) {
      draftId.value = id
      keptText = body
      state.value = 'saved'
      later()
    },
    flush: () => {
      window.clearTimeout(timer)
      return inOrder(keep)
    },
  }
}
