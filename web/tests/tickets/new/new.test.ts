import { effectScope, nextTick } from 'vue'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import disputed from '../../casetypes/fixtures/disputed_bill.json'
import { parseForm } from '@/features/casetypes/form'
import { bodyOf, byTime, customerOf, NOBODY, NOTHING, stillMissing } from '@/features/tickets/new/body'
import { drop, keep, kept } from '@/features/tickets/new/keeping'
import { useSending, type Sending } from '@/features/tickets/new/sending'

const form = parseForm(disputed.staff)
const CARD = '6222020200112230'
const draft = {
  ...NOTHING,
  caseType: 'disputed_bill',
  title: ' 多扣一笔 ',
  description: '照客户说的写',
  inputs: { card_number: CARD, merchant: '示例便利店' },
  elements: { symptom: '扣了两次' },
}

afterEach(() => drop())

describe('a new ticket', () => {
  it('is sent as the desk takes it, the customer only where something was told', () => {
    expect(bodyOf(draft, NOBODY, form)).toEqual({
      case_type: 'disputed_bill',
      channel: 'phone',
      title: '多扣一笔',
      description: '照客户说的写',
      elements: { symptom: '扣了两次' },
      fields: { card_number: CARD, merchant: '示例便利店' },
    })
    const who = { ...NOBODY, mobile: ' 13800138000 ', card: '6222 0202 0011 2230', uscc: 'not of a person' }
    expect(customerOf(who)).toEqual({
      kind: 'person',
      mobiles: ['13800138000'],
      emails: [],
      card_numbers: [CARD],
    })
    expect(customerOf({ ...NOBODY, kind: 'organisation', idNumber: 'x' })).toBeNull()
  })
  it('names what is still missing, and no files: these come afterwards', () => {
    const pointers = stillMissing(draft, form).map((one) => one.pointer)
    expect(pointers).toContain('/fields/transaction_on')
    expect(pointers).not.toContain('/fields/card_number')
    expect(pointers.filter((one) => one.startsWith('/evidence'))).toEqual([])
  })
  it('asks for what the handling will find out apart', () => {
    const { now, later } = byTime(form)
    expect(now).toContain('card_number')
    expect(later.length).toBeGreaterThan(0)
    expect([...now, ...later].sort()).toEqual(form.fields.map((one) => one.code).sort())
  })
})

describe('the draft on this device', () => {
  it('comes back without protected values', () => {
    keep(draft, form)
    expect(kept()).toEqual({ ...draft, inputs: { merchant: '示例便利店' } })
    expect(JSON.stringify({ ...sessionStorage })).not.toContain(CARD)
  })
  it('keeps no answer before it is known which are protected', () => {
    keep(draft, null)
    expect(kept().inputs).toEqual({})
  })
  it('is nothing where what was kept cannot be read', () => {
    for (const bad of ['', '{', 'null', '{"inputs":{"a":{"b":1},"c":4},"channel":"fax","priority":"x"}']) {
      sessionStorage.setItem('bihuan.new', bad)
      expect(kept()).toEqual(NOTHING)
    }
  })
})

/** A transfer told by hand. */
class StubTransfer {
  static all: StubTransfer[] = []
  status = 0
  responseText = ''
  upload: { onprogress?: (event: unknown) => void } = {}
  onload = (): void => undefined
  onerror = (): void => undefined
  onabort = (): void => undefined
  path = ''
  headers: Record<string, string> = {}

  constructor() {
    StubTransfer.all.push(this)
  }

  open(_method: string, path: string): void {
    this.path = path
  }

  setRequestHeader(name: string, value: string): void {
    this.headers[name] = value
  }

  getResponseHeader(): null {
    return null
  }

  send(): void {}

  abort(): void {
    this.onabort()
  }

  answer(status: number, body: unknown): void {
    this.status = status
    this.responseText = JSON.stringify(body)
    this.onload()
  }
}

describe('files of a new ticket', () => {
  const real = globalThis.XMLHttpRequest
  let sending: Sending
  const scope = effectScope()
  beforeEach(() => {
    StubTransfer.all = []
    // Only what `upload` uses is there.
    globalThis.XMLHttpRequest = StubTransfer as unknown as typeof XMLHttpRequest
    sending = scope.run(useSending) as Sending
    sending.add([new File(['a'], 'a.png'), new File(['b'], 'b.exe')])
  })
  afterEach(() => {
    globalThis.XMLHttpRequest = real
  })
  const states = (): string[] => sending.files.value.map((one) => `${one.state} ${one.said}`.trim())
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 8; turn++) await Promise.resolve()
    await nextTick()
  }

  it('go one after the other; one refused holds up no other, and keeps its key when tried again', async () => {
    const all = sending.send('0190-id')
    const [first] = StubTransfer.all
    expect([StubTransfer.all.length, first?.path]).toEqual([1, '/api/v1/tickets/0190-id/attach'])
    first?.upload.onprogress?.({ lengthComputable: true, loaded: 1, total: 4 })
    expect(sending.files.value[0]?.share).toBe(0.25)
    first?.answer(413, { title: 'FileTooLarge', detail: 'too large' })
    await settle()
    StubTransfer.all[1]?.answer(201, [])
    await all
    expect(states()).toEqual(['refused too large', 'done'])
    const again = sending.retry(sending.files.value[0]?.key ?? '', '0190-id')
    expect(StubTransfer.all[2]?.headers['Idempotency-Key']).toBe(first?.headers['Idempotency-Key'])
    StubTransfer.all[2]?.answer(201, [])
    await again
    expect(states()).toEqual(['done', 'done'])
  })
  it('can be stopped', async () => {
    const all = sending.send('0190-id')
    sending.stop(sending.files.value[0]?.key ?? '')
    await settle()
    StubTransfer.all[1]?.answer(201, [])
    await all
    expect(states()).toEqual(['stopped', 'done'])
  })
})
