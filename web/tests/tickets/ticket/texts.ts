import { setLanguage, startTexts, type Language } from '@/shared/i18n'
import formatEn from '@/shared/i18n/texts.en.json'
import formatZh from '@/shared/i18n/texts.zh.json'
import uiEn from '@/shared/ui/texts.en.json'
import uiZh from '@/shared/ui/texts.zh.json'
import ticketsEn from '@/features/tickets/texts.en.json'
import ticketsZh from '@/features/tickets/texts.zh.json'
import ticketEn from '@/features/tickets/ticket/texts.en.json'
import ticketZh from '@/features/tickets/ticket/texts.zh.json'

const TEXTS = {
  zh: () => Promise.resolve({ default: { ...formatZh, ...uiZh, ...ticketsZh, ...ticketZh } }),
  en: () => Promise.resolve({ default: { ...formatEn, ...uiEn, ...ticketsEn, ...ticketEn } }),
}

/** Let `t` speak, as in the console. */
export async function speakIn(language: Language): Promise<void> {
  await startTexts(TEXTS)
  await setLanguage(language)
}
