import { has, t } from '@/shared/i18n'

/** What kind of value it is, in words. */
export function kindWord(kind: string): string {
  const key = `privacy.kind.${kind}`
  return t(has(key) ? key : 'privacy.kind.other')
}
