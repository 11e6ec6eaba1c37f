import { describe, expect, it } from 'vitest'
import { FORM_OF, unanswered } from '@/features/tickets/ticket/forms'
import { nextSteps, refusal, VERBS, type Asker } from '@/features/tickets/ticket/verbs'
import { aTicket, lifecycle } from './made'

const OWN = ['attach', 'portal_link', 'verify']
const agent: Asker = { may: () => true, login: 'agent' }
const verb = (name: string): (typeof VERBS)[number] => {
  const found = VERBS.find((one) => one.name === name)
  if (!found) throw new Error(name)
  return found
}

describe('the table of verbs', () => {
  it('holds every verb of the desk, with the desk’s permission', () => {
    const ours = VERBS.filter((one) => !OWN.includes(one.name))
    expect(new Map(ours.map((one) => [one.name as string, one.permission]))).toEqual(
      new Map(lifecycle.verbs.map((one) => [one.name, one.permission])),
    )
  })

  it('rests on actions the lifecycle knows, and each action of ours on a verb', () => {
    const used = new Set(VERBS.flatMap((one) => one.actions))
    const possible = new Set(Object.values(lifecycle.possible).flat())
    expect(used).toEqual(possible)
  })

  it('gives every verb a key of its own', () => {
    expect(new Set(VERBS.map((one) => one.key)).size).toBe(VERBS.length)
  })

  it('asks for the text member the desk keeps as a draft', () => {
    for (const one of lifecycle.verbs) {
      const form = FORM_OF.get(one.name)
      if (!form || one.name === 'receive') continue
      expect([one.name, form.text ?? null]).toEqual([one.name, one.text])
      for (const ask of form.asks) expect(one.takes).toContain(ask.name)
    }
  })

  it('has a next step for every state but the end, and shows none that is not possible', () => {
    for (const [state, actions] of Object.entries(lifecycle.possible)) {
      const ticket = aTicket({ state: state as never, actions: actions as never[] })
      const steps = nextSteps(ticket, agent)
      expect(steps.length > 0).toBe(state !== 'merged')
      for (const step of steps) expect(refusal(step, ticket, agent)).toBeNull()
    }
  })
})

describe('why something cannot be done', () => {
  it('is the permission first', () => {
    const nobody: Asker = { may: () => false, login: 'x' }
    expect(refusal(verb('archive'), aTicket(), nobody)).toEqual({
      why: 'permission',
      permission: 'ticket.archive',
    })
  })
  it('is the state where the lifecycle does not allow it', () => {
    expect(refusal(verb('reopen'), aTicket(), agent)).toEqual({ why: 'state' })
  })
  it('is that nobody has it', () => {
    expect(refusal(verb('resolve'), aTicket({ assignee: null }), agent)).toEqual({ why: 'nobody' })
  })
  it('is who has it', () => {
    expect(refusal(verb('claim'), aTicket(), agent)).toEqual({ why: 'mine' })
    const other = aTicket({ assignee: 'lead' })
    expect(refusal(verb('claim'), other, agent)).toEqual({ why: 'another', who: 'lead' })
  })
})

describe('what must be answered', () => {
  it('names the empty answers that are needed', () => {
    const form = FORM_OF.get('transfer')
    expect(form && unanswered(form, { team: ' ', reason: '' })).toEqual(['team', 'reason'])
    expect(form && unanswered(form, { team: 'IT', reason: '转' })).toEqual([])
  })
})
