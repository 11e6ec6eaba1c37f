import { has, t } from '@/shared/i18n'
import type { Asked } from './api'

/** What happened, in words; a kind nobody has named yet is its own name. */
export function kindWord(kind: string): string {
  const key = `audit.kind.${kind.replaceAll('.', '_')}`
  return has(key) ? t(key) : kind
}

/** What is searched for, as a sentence. `nameOf`: a login's person. */
export function sentence(asked: Asked, nameOf: (login: string) => string): string {
  const when =
    asked.from && asked.to
      ? t('audit.said.between', { from: asked.from, to: asked.to })
      : asked.from
        ? t('audit.said.since', { from: asked.from })
        : asked.to
          ? t('audit.said.until', { to: asked.to })
          : ''
  const parts = [
    when,
    t('audit.said.did', {
      who: asked.who ? nameOf(asked.who) : t('audit.said.anybody'),
      kind: asked.kind ? kindWord(asked.kind) : t('audit.said.anything'),
    }),
    asked.whom ? t('audit.said.whom', { whom: nameOf(asked.whom) }) : '',
    asked.ticket ? t('audit.said.ticket', { ticket: asked.ticket }) : '',
    asked.stream ? t(`audit.said.${asked.stream}`) : '',
  ]
  return parts.filter(Boolean).join(t('audit.said.between_parts'))
}

/** What an event says, one line a member; a member that is not plain is told as JSON. */
export function facts(data: Readonly<Record<string, unknown>>): { name: string; value: string }[] {
  return Object.entries(data).map(([name, value]) => ({
    name,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }))
}
