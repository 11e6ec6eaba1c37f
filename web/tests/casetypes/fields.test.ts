import { mount, type VueWrapper } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import ElementsForm from '@/features/casetypes/ElementsForm.vue'
import FormFields from '@/features/casetypes/FormFields.vue'
import type { Inputs } from '@/features/casetypes/inputs'
import { atQuestion, focusAt, without, wrongOf, type Wrong } from '@/features/casetypes/wrong'
import { pack } from './packs'

const form = pack('disputed_bill').customer

/** The fields as a page holds them; `inputs` is what was typed. */
function page(
  begin: Inputs = {},
  more: { wrong?: Wrong; held?: Record<string, string> } = {},
): { view: VueWrapper; inputs: () => Inputs } {
  // prettier-ignore
  const inputs = ref<Inputs>(begin)
  const Page = defineComponent(
    () => () =>
      h(FormFields, { form, by: 'customer', ...more, modelValue: inputs.value, 'onUpdate:modelValue': (said: Inputs) => (inputs.value = said) }), // prettier-ignore
  )
  return { view: mount(Page, { attachTo: document.body }), inputs: () => inputs.value }
}
const at = (code: string): string => `[data-pointer="/fields/${code}"]`

describe('FormFields', () => {
  it('asks further as the answers ask, in the customer’s words', async () => {
    const { view, inputs } = page()
    expect(view.find(at('other_transaction_on')).exists()).toBe(false)
    expect(view.get(`${at('reason')} label`).text()).toContain('您觉得这笔交易哪里不对')
    await view.get(`${at('reason')} select`).setValue('duplicate')
    expect(inputs()).toEqual({ reason: 'duplicate' })
    expect(view.find(at('other_transaction_on')).exists()).toBe(true)
    view.unmount()
  })

  it('knows yes, no and not said', async () => {
    const { view, inputs } = page()
    const radios = view.findAll(`${at('funds_frozen')} input`)
    await radios[1]?.setValue(true)
    expect(inputs()).toEqual({ funds_frozen: false })
    await view.get(`${at('funds_frozen')} button`).trigger('click')
    expect(inputs()).toEqual({})
    view.unmount()
  })

  it('groups a card number as it is typed, on the digits’ keyboard, and lets no browser keep it', async () => {
    const { view, inputs } = page()
    const card = view.get(`${at('card_number')} input`)
    await card.setValue('6222020200112230')
    expect(inputs()).toEqual({ card_number: '6222 0202 0011 2230' })
    expect(card.attributes()).toMatchObject({ inputmode: 'numeric', autocomplete: 'off' })
    view.unmount()
  })

  it('takes an amount with its currency', async () => {
    const { view, inputs } = page()
    await view.get(`${at('amount')} input`).setValue('28.50')
    await view.get(`${at('amount')} select`).setValue('HKD')
    expect(inputs()).toEqual({ amount: { amount: '28.50', currency: 'HKD' } })
    view.unmount()
  })

  it('says what is wrong beside the question, for the ear too', () => {
    const { view } = page({}, { wrong: { '/fields/merchant': '必填' } })
    const input = view.get(`${at('merchant')} input`)
    const said = view.get(`${at('merchant')} [role=alert]`)
    expect(said.text()).toBe('必填')
    expect(input.attributes('aria-describedby')?.split(' ')).toContain(said.attributes('id'))
    expect(input.attributes('aria-invalid')).toBe('true')
    view.unmount()
  })

  it('does not ask again for a value the desk keeps', () => {
    const { view } = page({}, { held: { card_number: '6222 **** 2230' } })
    expect(view.get(`${at('card_number')} input`).attributes('aria-required')).toBe('false')
    view.unmount()
  })

  it('leads to a question by its pointer', () => {
    const { view } = page()
    expect(focusAt('/fields/amount/currency', view.element)).toBe(true)
    expect(document.activeElement?.closest('[data-pointer]')?.getAttribute('data-pointer')).toBe(
      '/fields/amount',
    )
    expect(focusAt('/fields/nothing', view.element)).toBe(false)
    view.unmount()
  })
})

describe('ElementsForm', () => {
  it('asks in the words of the situation, shows examples and fills nothing in', () => {
    const examples = form.example.elements
    const view = mount(ElementsForm, {
      props: { form, modelValue: {}, inputs: { reason: 'duplicate' }, examples },
    })
    const symptom = view.get('[data-pointer="/elements/symptom"]')
    expect(symptom.text()).toContain('两笔分别显示什么')
    expect(symptom.find('.example').exists()).toBe(true)
    expect(view.findAll('textarea').map((one) => one.element.value)).toEqual(['', '', '', ''])
    view.unmount()
  })

  it('takes a day alone, or a day with its time in our zone', async () => {
    const view = mount(ElementsForm, { props: { form, modelValue: {}, inputs: {} } })
    const [day, clock] = view.findAll('[data-pointer="/elements/occurred_at"] input')
    await day?.setValue('2026-11-18')
    expect(view.emitted('update:modelValue')?.at(-1)).toEqual([{ occurred_at: '2026-11-18' }])
    await view.setProps({ modelValue: { occurred_at: '2026-11-18' } })
    await clock?.setValue('08:05')
    expect(view.emitted('update:modelValue')?.at(-1)).toEqual([{ occurred_at: '2026-11-18T08:05:00+08:00' }])
    view.unmount()
  })
})

describe('what is wrong', () => {
  it('stands at its question until that is answered anew', () => {
    const wrong = wrongOf([
      { pointer: '/fields/amount/amount', detail: 'a' },
      { pointer: '/fields/amount/currency', detail: 'b' },
      { pointer: '/title', detail: 'c' },
    ])
    expect(wrong).toEqual({ '/fields/amount': 'a b', '/title': 'c' })
    expect(without(wrong, '/fields/amount')).toEqual({ '/title': 'c' })
    expect(without(wrong, '/none')).toBe(wrong)
    expect(atQuestion('/evidence/slip')).toBe('/evidence/slip')
  })
})
