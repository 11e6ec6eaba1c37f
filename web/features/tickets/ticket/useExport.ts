import { computed, ref, shallowRef, type ComputedRef } from 'vue'
import { api, ask } from '@/shared/api/client'
import { Problem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { problemText } from './problemText'

/** A package as it came: its name and bytes. */
export interface Packed {
  name: string
  content: Blob
}
export interface Exporting {
  /** What is going on, in words; empty where nothing is. */
  progress: ComputedRef<string>
  busy: ComputedRef<boolean>
  /** The refusal in words; empty where there is none. */
  refusal: ComputedRef<string>
  /** The package that came last. */
  came: ComputedRef<string>
  start: () => Promise<void>
}

const NAME = /filename="([^"]+)"/

/** Taking a ticket's evidence package out: the desk makes it first, then it comes; `save` is given it whole. */
export function useExport(id: () => string, save: (packed: Packed) => void): Exporting {
  const step = ref<'' | 'making' | 'coming'>('')
  const share = ref<number | null>(null)
  const problem = shallowRef<Problem | null>(null)
  const name = ref('')

  async function start(): Promise<void> {
    if (step.value !== '') return
    step.value = 'making'
    share.value = null
    problem.value = null
    name.value = ''
    try {
      const packed = await taken(id(), (part) => {
        step.value = 'coming'
        share.value = part
      })
      save(packed)
      name.value = packed.name
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problem.value = error
    } finally {
      step.value = ''
    }
  }
  const progress = computed(() => {
    if (step.value === '') return ''
    if (share.value === null) return t('ticket.package.making')
    return t('ticket.package.coming', { percent: Math.floor(share.value * 100) })
  })
  return {
    progress,
    busy: computed(() => step.value !== ''),
    refusal: computed(() => (problem.value ? problemText(problem.value) : '')),
    came: computed(() => name.value),
    start,
  }
}

/** The package, told part by part: which share of it is there. Throws Problem. */
async function taken(id: string, on: (share: number) => void): Promise<Packed> {
  const sent = api.POST('/api/v1/tickets/{id}/evidence-package', {
    params: { path: { id } },
    body: { language: 'both' },
    parseAs: 'stream',
  })
  await ask(sent)
  const { body, headers } = (await sent).response
  const parts = await gathered(body, Number(headers.get('content-length') ?? 0), on)
  const name = NAME.exec(headers.get('content-disposition') ?? '')?.[1] ?? `${id}.zip`
  return { name, content: new Blob(parts, { type: 'application/zip' }) }
}

/** All of a stream. Throws Problem where it breaks off: half a package proves nothing. */
async function gathered(
  stream: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  size: number,
  on: (share: number) => void,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  const reader = stream?.getReader()
  let got = 0
  try {
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      parts.push(next.value)
      got += next.value.byteLength
      if (size > 0) on(got / size)
    }
  } catch {
    throw new Problem(0, null)
  }
  if (got < size) throw new Problem(0, null)
  return parts
}
