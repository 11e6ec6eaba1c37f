import { describe, expect, it } from 'vitest'
import type { WishesView } from '@/features/notices/api'
import { typedOf, wishesOf } from '@/features/notices/wishes'

const VIEW: WishesView = {
  channels: { in_app: true, email: true },
  email: 'chen@bank.example',
  quiet: { from: '22:00', to: '07:30', zone: 'Asia/Shanghai' },
  urgent_anyway: true,
  kinds: { opened: true },
  all_kinds: [
    { code: 'opened', title: '团队有新工单', wanted: true },
    { code: 'breached', title: '已超时', wanted: true },
  ],
  mail_is_sent: true,
}

describe('how one wants to be told', () => {
  it('is sent as it was read where nothing is changed, every kind said', () => {
    const { channels, email, quiet, urgent_anyway } = VIEW
    const kinds = { opened: true, breached: true }
    expect(wishesOf(typedOf(VIEW))).toEqual({ channels, email, quiet, urgent_anyway, kinds })
  })
  it('keeps what is typed and not wanted now, without sending it', () => {
    const typed = { ...typedOf(VIEW), mail: false, isQuiet: false, email: '  ' }
    expect(wishesOf(typed)).toMatchObject({ channels: { email: false }, quiet: null, email: null })
    expect(typed.from).toBe('22:00')
  })
})
