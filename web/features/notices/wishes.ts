import type { Wishes, WishesView } from './api'

/** One's wishes as one types them. What is not wanted now stays typed, and is not sent. */
export interface Typed {
  mail: boolean
  email: string
  isQuiet: boolean
  from: string
  to: string
  zone: string
  urgentAnyway: boolean
  kinds: Record<string, boolean>
}

export function typedOf(view: WishesView): Typed {
  return {
    mail: view.channels.email === true,
    email: view.email ?? '',
    isQuiet: view.quiet !== null,
    from: view.quiet?.from ?? '22:00',
    to: view.quiet?.to ?? '08:00',
    zone: view.quiet?.zone ?? 'Asia/Shanghai',
    urgentAnyway: view.urgent_anyway,
    kinds: Object.fromEntries(view.all_kinds.map((one) => [one.code, one.wanted])),
  }
}

export function wishesOf(typed: Typed): Wishes {
  return {
    channels: { in_app: true, email: typed.mail },
    email: typed.email.trim() || null,
    quiet: typed.isQuiet ? { from: typed.from, to: typed.to, zone: typed.zone } : null,
    urgent_anyway: typed.urgentAnyway,
    kinds: typed.kinds,
  }
}
