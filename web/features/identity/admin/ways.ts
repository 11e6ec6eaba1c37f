import { t } from '@/shared/i18n'
import type { Colleague } from './api'

export interface Way {
  text: string
  kind: 'plain' | 'good' | 'warn'
}

/** How somebody signs in, in a few words each; first what they know, then what they have. */
export function waysOf(who: Colleague): Way[] {
  const found: Way[] = []
  if (who.must_change) found.push({ text: t(`sign_in_admin.password_${who.must_change}`), kind: 'warn' })
  else if (who.has_password) found.push({ text: t('sign_in_admin.password'), kind: 'plain' })
  else found.push({ text: t('sign_in_admin.password_no'), kind: 'plain' })
  if (who.totp) found.push({ text: t('sign_in_admin.totp'), kind: 'good' })
  if (who.passkeys > 0) found.push({ text: t('sign_in_admin.passkeys', { n: who.passkeys }), kind: 'good' })
  if (who.recovery > 0) found.push({ text: t('sign_in_admin.recovery', { n: who.recovery }), kind: 'plain' })
  if (who.services.length > 0) found.push({ text: t('sign_in_admin.by_service'), kind: 'plain' })
  if (!who.totp && who.passkeys === 0) {
    const isDue = who.enrols && who.has_password
    found.push({ text: t(isDue ? 'sign_in_admin.factor_due' : 'sign_in_admin.factor_no'), kind: isDue ? 'warn' : 'plain' })
  }
  return found
} // prettier-ignore
