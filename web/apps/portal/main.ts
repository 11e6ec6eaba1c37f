import { firstLink } from '@/features/portal/link'
import { createApp } from 'vue'
import '@/shared/ui/base.css'
import { startSession } from '@/features/portal/session'
import { hasOwnLanguage, startTexts } from '@/shared/i18n'
import { startTheme } from '@/shared/ui/theme'
import App from './App.vue'
import { router } from './router'

const isFree = !hasOwnLanguage()
startTheme()
const app = createApp(App)
await startTexts({ zh: () => import('./texts.zh'), en: () => import('./texts.en') })
app.use(router).mount('#app')
await startSession(firstLink, isFree, async ({ ticket }) => {
  if (ticket) await router.replace(`/tickets/${ticket}`)
})
