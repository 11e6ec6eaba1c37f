import { beforeEach, describe, expect, it } from 'vitest'
import { fileNotes, fileTone, hasOriginal, isOpen } from '@/features/tickets/ticket/files'
import type { File } from '@/features/tickets/ticket/reading'
import zh from '@/features/tickets/ticket/texts.zh.json'
import { speakIn } from './texts'

const file = (told: Partial<File>): File => ({
  id: '1', seq: 2, name: 'a.pdf', content_type: 'application/pdf', size_bytes: 10, state: 'ready', reason: null,
  signature: null, findings: {}, left_out: 0, copy_type: 'application/pdf', copy_bytes: 12, original: true, raw: false,
  destroyed: [], ...told,
}) // prettier-ignore

describe.each(['zh', 'en'] as const)('what is said of a file (%s)', (language) => {
  beforeEach(() => speakIn(language))

  it('says nothing of a copy in which nothing was covered', () => {
    expect(fileNotes(file({}))).toEqual([])
    expect([isOpen(file({})), hasOriginal(file({}))]).toEqual([true, true])
  })
  it('names what was covered, left out and destroyed', () => {
    const notes = fileNotes(file({ findings: { card_number: 2, cvv: 1 }, left_out: 1, original: false }))
    expect(notes).toHaveLength(3)
    expect(hasOriginal(file({ original: false }))).toBe(false)
  })
  it('gives nobody what is not checked or is malware', () => {
    for (const state of ['checking', 'quarantined', 'infected'] as const) {
      const one = file({ state, signature: 'Eicar' })
      expect([isOpen(one), hasOriginal(one), fileNotes(one).length]).toEqual([false, false, 1])
    }
    expect(fileTone(file({ state: 'infected' }))).toBe('urgent')
  })
  it('has words for every reason there is no copy', () => {
    for (const reason of Object.keys(zh.ticket.files.why)) {
      const one = file({ state: 'unreadable', reason })
      expect(fileNotes(one)[0]).not.toContain('ticket.')
      expect([isOpen(one), hasOriginal(one)]).toEqual([false, true])
    }
  })
})
