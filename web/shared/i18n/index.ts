import { computed, ref, type WritableComputedRef } from 'vue'
import { createI18n, registerMessageResolver, type I18n } from 'petite-vue-i18n'
import type { App } from 'vue'
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
let i18n: I18n | null = null
let load: Texts | null = null

/** Make the app speak. The language: the one kept on this device, else the browser's, else Chinese. */
export async function startTexts(app: App, texts: Texts): Promise<void> {
  load = texts
  registerMessageResolver(find)
  i18n = createI18n({
    legacy: false,
    locale: 'zh',
    fallbackLocale: [],
    missingWarn: false,
    messages: {},
  }) as unknown as I18n
  app.use(i18n)
  await setLanguage(kept() ?? (navigator.language.toLowerCase().startsWith('en') ? 'en' : 'zh'))
}

/** Speak this language from now on: texts, `lang` of the page, the API's answers. */
export async function setLanguage(language: Language): Promise<void> {
  if (!i18n || !load) throw new Error('texts are not started')
  const loaded = await load[language]()
  const composer = i18n.global as unknown as Composer
  composer.setLocaleMessage(language, loaded.default)
  composer.locale.value = language
  current.value = language
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  speak(language)
  try {
    localStorage.setItem(KEPT_AS, language)
  } catch {
    // A browser without storage speaks its own language at the next visit.
  }
}

/** A text in the tree of texts by its path. The small i18n resolves flat keys only, and compiles what it is given. */
function find(texts: unknown, path: string): string | null {
  let at = texts
  for (const part of path.split('.')) {
    if (typeof at !== 'object' || at === null) return null
    at = Reflect.get(at, part)
  }
  // Compiled messages are no strings, which the resolver's type does not say.
  return (at as string | undefined) ?? null
}

interface Composer {
  locale: { value: string }
  setLocaleMessage: (language: string, texts: object) => void
  t: (key: string, said?: Said) => string
  te: (key: string) => boolean
}

/** A text by its key, in the language of now. A key without a text is shown as it is, so that it is seen and mended. */
export function t(key: string, said: Said = {}): string {
  if (!i18n) return key
  // Read, so that a template calling this is drawn anew when the language changes.
  void current.value
  const text = (i18n.global as unknown as Composer).t(key, said)
  return pseudo && text !== key ? accent(text) : text
}

/** Whether there is a text under the key. */
export function has(key: string): boolean {
  void current.value
  return i18n !== null && (i18n.global as unknown as Composer).te(key)
}

/** The language of now; setting it loads the other's texts. */
export const language: WritableComputedRef<Language> = computed({
  get: () => current.value,
  set: (value) => void setLanguage(value),
})

function kept(): Language | null {
  try {
    const found = localStorage.getItem(KEPT_AS)
    return found === 'zh' || found === 'en' ? found : null
  } catch {
    return null
  }
}
