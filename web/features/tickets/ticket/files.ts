import { api, ask, type Schema } from '@/shared/api/client'
import { has, t } from '@/shared/i18n'
import type { File } from './reading'

export type ReasonCode = Schema['SeeOriginal']['reason']['code']

/** Why somebody opens an original; the same reasons as for a masked value. */
export const REASONS: readonly ReasonCode[] = [
  'handle', 'verify', 'contact', 'fraud', 'quality', 'authority', 'other',
] // prettier-ignore
/** As the desk asks: fewer characters tell nobody anything. */
export const LEAST_WORDS = 5

/** Whether a click gives the file's copy. */
export function isOpen(file: File): boolean {
  return file.state === 'ready'
}

/** Whether there is an original that may be asked for. */
export function hasOriginal(file: File): boolean {
  return file.original && (file.state === 'ready' || file.state === 'unreadable')
}

/** What became of a file, in words; nothing where it is as it came. */
export function fileNotes(file: File): string[] {
  if (file.state === 'infected') {
    return [t(file.original ? 'ticket.files.infected_kept' : 'ticket.files.infected', { name: file.signature ?? '' })]
  } // prettier-ignore
  if (file.state === 'unreadable') {
    const key = `ticket.files.why.${file.reason ?? ''}`
    return [t(has(key) ? key : 'ticket.files.why.broken')]
  }
  if (file.state !== 'ready') return [t(`ticket.files.${file.state}`)]
  return [...covered(file), ...(file.left_out > 0 ? [t('ticket.files.left_out', { n: file.left_out })] : [])]
}

/** The tone of what is said of it. */
export function fileTone(file: File): 'urgent' | 'warn' | 'plain' {
  if (file.state === 'infected') return 'urgent'
  return file.state === 'quarantined' ? 'warn' : 'plain'
}

/** The original's bytes, for a reason; the look is on record before they come. Throws Problem. */
export function readOriginal(ticket: string, file: string, code: ReasonCode, text: string): Promise<Blob> {
  return ask(
    api.POST('/api/v1/tickets/{id}/attachments/{file}/original', {
      params: { path: { id: ticket, file } },
      body: { reason: { code, text } },
      parseAs: 'blob',
    }),
  )
}

function covered(file: File): string[] {
  const kinds = Object.keys(file.findings).map((kind) => {
    const key = `ticket.masked.${kind}`
    return t(has(key) ? key : 'ticket.masked.other')
  })
  const said = kinds.length > 0 ? [t('ticket.files.covered', { kinds: kinds.join(t('ticket.comma')) })] : []
  return file.original ? said : [...said, t('ticket.files.secret_gone')]
}
