import { effectScope, nextTick, type EffectScope } from 'vue'
import { VueQueryPlugin, QueryClient } from '@tanstack/vue-query'
import { createApp } from 'vue'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { me, type Me } from '@/features/identity/session'
import { NOBODY } from '@/features/tickets/new/body'
import { drop } from '@/features/tickets/new/keeping'
import { useSending } from '@/features/tickets/new/sending'
import { useNewTicket } from '@/features/tickets/new/useNewTicket'

const app = createApp({}).use(VueQueryPlugin, { queryClient: new QueryClient() })
const somebody = (id: string): Me => ({ id, login: id, name: id, language: 'zh', permissions: [], teams: [], csrf_token: null, sign_out_url: null }) // prettier-ignore
let scope: EffectScope

interface Opened {
  made: ReturnType<typeof useNewTicket>
  files: ReturnType<typeof useSending>
}
function open(): Opened {
  scope = effectScope()
  const opened = scope.run(() => app.runWithContext(() => ({ made: useNewTicket(), files: useSending() })))
  if (!opened) throw new Error('no scope')
  return opened
}
beforeEach(() => {
  me.value = somebody('a')
})
afterEach(() => {
  scope.stop()
  me.value = null
  drop()
})

describe('a new ticket one went away from', () => {
  it('has the customer, protected answers and files when one is back, and none of it on the device', async () => {
    const { made, files } = open()
    made.who.value = { ...NOBODY, name: '张示例' }
    made.draft.value = { ...made.draft.value, inputs: { card_number: '6222020200112230' } }
    files.add([new File(['a'], 'a.png')])
    await nextTick()
    scope.stop()
    expect(JSON.stringify({ ...sessionStorage })).not.toMatch(/张示例|6222020200112230/)
    const again = open()
    expect(again.made.who.value.name).toBe('张示例')
    expect(again.made.draft.value.inputs).toEqual({ card_number: '6222020200112230' })
    expect(again.files.files.value.map((one) => one.file.name)).toEqual(['a.png'])
  })
  it('is empty for the next person, and once it was cleared', () => {
    open().made.who.value = { ...NOBODY, name: '张示例' }
    scope.stop()
    me.value = somebody('b')
    const { made } = open()
    expect(made.who.value).toEqual(NOBODY)
    made.who.value = { ...NOBODY, name: '李示例' }
    made.clear()
    scope.stop()
    expect(open().made.who.value).toEqual(NOBODY)
  })
})
