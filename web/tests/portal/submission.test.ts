import { desk, problem, SESSION, ticket, within } from './desk'
import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { session } from '@/features/portal/session'
import { useSubmission, type Submission } from '@/features/portal/submission'
import { sending } from '@/features/portal/uploads'
import fixture from '../casetypes/fixtures/disputed_bill.json'

vi.mock('@/shared/api/upload', () => ({
  upload: () => ({ done: new Promise(() => undefined), stop: () => undefined }),
}))
const FORM = { code: 'disputed_bill', version: 1, title: '', help: '', schema: fixture.customer, example: {} }
const GOOD = { problems: [], advice: [], priority: 'normal', priority_reason: '' }
const FILLED = {
  reason: 'duplicate',
  card_number: '6222 0202 0011 2230',
  transaction_on: '2026-11-18',
  other_transaction_on: '2026-11-18',
  amount: { amount: '28.50', currency: 'CNY' },
  merchant: '示例便利店',
}

type Sent = () => { status?: number; body?: unknown } | 'unreachable'
async function begin(
  sent: Sent = () => ({ status: 201, body: ticket() }),
): Promise<{ s: Submission; asked: Request[]; end: () => void }> {
  // prettier-ignore
  const { asked } = desk((request) => {
    if (request.method === 'GET') return { body: FORM }
    return request.url.endsWith('/check') ? { body: GOOD } : sent()
  })
  const { made, end } = within(() => useSubmission('disputed_bill'))
  await flushPromises()
  return { s: made, asked, end }
}
function fill(s: Submission): void {
  s.inputs.value = FILLED
  s.elements.value = { symptom: '账单显示两笔，我只付过一次。' }
}

describe('writing a ticket', () => {
  beforeEach(() => {
    window.sessionStorage.clear()
    sending.splice(0)
    session.value = SESSION
  })

  it('says what is missing all along', async () => {
    const { s, end } = await begin()
    expect(s.lacks.value.length).toBe(6)
    fill(s)
    expect(s.lacks.value).toEqual([])
    end()
  })

  it('sends what is asked in this situation, as the desk takes it, and keeps the rest to itself', async () => {
    const { s, asked, end } = await begin()
    fill(s)
    s.inputs.value = { ...s.inputs.value, expected_amount: { amount: '1', currency: 'CNY' } }
    s.priority.value = 'low'
    const opened = await s.send()
    expect(opened?.number).toBe('8516725480')
    const body: unknown = await asked.at(-1)?.json()
    expect(body).toMatchObject({
      case_type: 'disputed_bill',
      priority: 'low',
      evidence: [],
      fields: { ...FILLED, card_number: '6222020200112230' },
    })
    expect(JSON.stringify(body)).not.toContain('expected_amount')
    end()
  })

  it('tells the desk of chosen files when it judges, and sends them once there is a ticket', async () => {
    const { s, asked, end } = await begin()
    fill(s)
    const slip = new File(['x'], 'slip.png', { type: 'image/png' })
    s.pick([slip], 'slip')
    await s.check()
    expect(await asked.at(-1)?.json()).toMatchObject({ evidence: ['slip'] })
    await s.send()
    expect(sending.map((one) => [one.ticket, one.file.name, one.evidence])).toEqual([
      [ticket().id, 'slip.png', 'slip'],
    ])
    end()
  })

  it('retries with the same key, and takes another once something was changed', async () => {
    const { s, asked, end } = await begin(() => 'unreachable')
    fill(s)
    expect(await s.send()).toBeNull()
    expect(s.problem.value?.unreachable).toBe(true)
    expect(s.inputs.value).toEqual(FILLED)
    await s.send()
    s.elements.value = { symptom: '改了说法，还是同一件事情。' }
    await s.send()
    const [first, second, third] = asked.slice(-3).map((one) => one.headers.get('Idempotency-Key'))
    expect(first).toBe(second)
    expect(third).not.toBe(first)
    end()
  })

  it('puts each refusal at its question, and takes it away when that is answered anew', async () => {
    const errors = [
      { pointer: '/fields/amount/currency', code: 'choice', detail: '只能是 CNY' },
      { pointer: '/fields/card_number', code: 'checksum', detail: '校验位不正确' },
    ]
    const { s, end } = await begin(() => problem(422, 'Invalid', { errors }))
    fill(s)
    await s.send()
    expect(s.wrong.value).toEqual({ '/fields/amount': '只能是 CNY', '/fields/card_number': '校验位不正确' })
    s.answered('/fields/card_number')
    expect(Object.keys(s.wrong.value)).toEqual(['/fields/amount'])
    end()
  })

  it('forgets a judgement once anything is changed', async () => {
    const { s, end } = await begin()
    fill(s)
    await s.check()
    expect(s.checked.value?.problems).toEqual([])
    s.inputs.value = { ...FILLED, merchant: '别家' }
    await flushPromises()
    expect(s.checked.value).toBeNull()
    end()
  })

  it('shows and sends a file among all else once nothing asks for what it shows', async () => {
    const { s, end } = await begin()
    fill(s)
    s.pick([new File(['x'], 'slip.png')], 'slip')
    s.pick([new File(['x'], 'gone.png')], 'no_such_item')
    expect(s.picked.value.map((one) => one.evidence)).toEqual(['slip', null])
    await s.send()
    expect(sending.map((one) => one.evidence)).toEqual(['slip', null])
    end()
  })

  it('goes on with the same key after a lost answer and a reload, until the desk says it was used', async () => {
    const first = await begin(() => 'unreachable')
    fill(first.s)
    await first.s.send()
    const key = first.asked.at(-1)?.headers.get('Idempotency-Key')
    first.end()
    let isUsed = true
    const { s, asked, end } = await begin(() =>
      isUsed ? problem(422, 'KeyReused') : { status: 201, body: ticket() },
    )
    fill(s)
    expect(await s.send()).toBeNull()
    expect(asked.at(-1)?.headers.get('Idempotency-Key')).toBe(key)
    expect(s.problem.value?.code).toBe('KeyReused')
    isUsed = false
    await s.send()
    expect(asked.at(-1)?.headers.get('Idempotency-Key')).not.toBe(key)
    end()
  })

  it('comes back after a reload without the card number, and is gone once sent', async () => {
    const first = await begin()
    fill(first.s)
    await flushPromises()
    first.end()
    const { s, end } = await begin()
    expect(s.restored.value).toBe(true)
    expect(s.inputs.value).toEqual(Object.fromEntries(Object.entries(FILLED).filter(([code]) => code !== 'card_number'))) // prettier-ignore
    await s.send()
    expect(window.sessionStorage.getItem('bihuan.draft.disputed_bill')).toBeNull()
    end()
  })
})
