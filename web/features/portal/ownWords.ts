import { language } from '@/shared/i18n'
import { accent } from '@/shared/i18n/pseudo'
import en from './ownData.en.json'
import zh from './ownData.zh.json'

/** The words of a page that few visits open: they come with it, so that no first visit loads them. */
export function say(key: keyof typeof zh): string {
  const text = (language.value === 'zh' ? zh : en)[key]
  return import.meta.env.MODE === 'pseudo' ? accent(text) : text
}
