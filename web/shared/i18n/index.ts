import { computed, ref, shallowRef, type WritableComputedRef } from 'vue'
import { speak } from '@/shared/api/client'
import { accent } from './pseudo'

export type Language = 'zh' | 'en'
export const LANGUAGES: readonly Language[] = ['zh', 'en']
/** The loader of one language's texts of an app, merged from its features. */
export type Texts = Record<Language, () => Promise<{ default: object }>>
export type Said = Record<string, string | number>

const KEPT_AS = 'bihuan.language'
const pseudo = import.meta.env.MODE === 'pseudo'
const current = ref<Language>('zh')
const texts = shallowRef<object>({})
let load: Texts | null = null

/** Make the app speak. The language: the one kept on this device, else the browser's, else Chinese. */
export async function startTexts(loaders: Texts): Promise<void> {
  load = loaders
  await setLanguage(kept() ?? (navigator.language.toLowerCase().startsWith('en') ? 'en' : 'zh'))
}

/** Speak this language from now on: texts, `lang` of the page, the API's answers. */
export async function setLanguage(language: Language): Promise<void> {
  if (!load) throw new Error('texts are not started')
  texts.value = (await load[language]()).default
  current.value = language
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  speak(language)
  try {
    localStorage.setItem(KEPT_AS, language)
  } catch {
    // A browser without storage speaks its own language at the next visit.
  }
}

/** A text by its key, in the language of now, with `{name}` said. A key without a text is shown as it is, so that it is seen and mended. */
export function t(key: string, said: Said = {}): string {
  const text = find(key)
  if (text === null) return key
  const whole = text.replace(/\{(\w+)\}/g, (place, name: string) => String(said[name] ?? place))
  return pseudo ? accent(whole) : whole
}

/** Whether there is a text under the key. */
export function has(key: string): boolean {
  return find(key) !== null
}

function find(key: string): string | null {
  let at: unknown = texts.value
  for (const part of key.split('.')) {
    if (typeof at !== 'object' || at === null) return null
    at = Reflect.get(at, part)
  }
  return typeof at === 'string' ? at : null
}

/** The language of now; setting it loads the other's texts. */
export const language: WritableComputedRef<Language> = computed({
  get: () => current.value,
  set: (value) => void setLanguage(value),
})

/** Whether somebody chose a language on this device. Asked before `startTexts`, which keeps the one it begins with. */
export function hasOwnLanguage(): boolean {
  return kept() !== null
}

function kept(): Language | null {
  try {
    const found = localStorage.getItem(KEPT_AS)
    return found === 'zh' || found === 'en' ? found : null
  } catch {
    return null
  }
}
