import { createApp } from 'vue'
import '@/shared/ui/base.css'
import { startQueries } from '@/shared/api/query'
import { startTexts } from '@/shared/i18n'
import { startKeys } from '@/shared/ui/keys'
import { startTheme } from '@/shared/ui/theme'
import { startConfirming } from '@/features/identity/confirming'
import { startSession } from '@/features/identity/session'
import App from './App.vue'
import { router } from './router'

startTheme()
const app = createApp(App)
await startTexts({ zh: () => import('./texts.zh'), en: () => import('./texts.en') })
startSession()
startConfirming()
startKeys()
startQueries(app)
app.use(router).mount('#app')
