import { ref, watch, type Ref } from 'vue'

export type Theme = 'auto' | 'light' | 'dark'
const KEPT_AS = 'bihuan.theme'
const dark = window.matchMedia('(prefers-color-scheme: dark)')

/** The theme this device asked for; auto follows the system. */
export const theme: Ref<Theme> = ref(kept())

/** Follow `theme` and the system from now on. */
export function startTheme(): void {
  const apply = (): void => {
    const isDark = theme.value === 'dark' || (theme.value === 'auto' && dark.matches)
    document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light'
    document.documentElement.classList.toggle('dark', isDark)
  }
  dark.addEventListener('change', apply)
  watch(theme, (value) => {
    apply()
    try {
      localStorage.setItem(KEPT_AS, value)
    } catch {
      // A browser without storage follows its system at the next visit.
    }
  })
  apply()
}

function kept(): Theme {
  try {
    const found = localStorage.getItem(KEPT_AS)
    return found === 'light' || found === 'dark' ? found : 'auto'
  } catch {
    return 'auto'
  }
}
