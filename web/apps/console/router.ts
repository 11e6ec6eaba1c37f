import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { focusHeading } from '@/shared/ui/page'

const routes: RouteRecordRaw[] = [
  { path: '/', name: 'queue', component: () => import('@/features/tickets/QueuePage.vue') },
  { path: '/new', name: 'new', component: () => import('@/features/tickets/NewTicketPage.vue') },
  {
    path: '/tickets/:number',
    name: 'ticket',
    component: () => import('@/features/tickets/ticket/TicketPage.vue'),
    props: true,
  },
  { path: '/:rest(.*)*', name: 'nothing', component: () => import('./shell/NothingHere.vue') },
]

/** The console's pages. The queue keeps its own place when one comes back to it, so it is left alone here. */
export const router = createRouter({
  history: createWebHistory('/console/'),
  routes,
  scrollBehavior: (to, from, saved) => {
    if (to.name === 'queue' || to.path === from.path) return false
    return saved ?? { top: 0 }
  },
})

router.afterEach((to, from) => {
  if (from.matched.length > 0 && to.path !== from.path && to.name !== 'queue') void focusHeading()
})
