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
  { path: '/board', name: 'board', component: () => import('@/features/tickets/board/BoardPage.vue') },
  { path: '/time', redirect: '/time/policies' },
  {
    path: '/time/policies',
    name: 'policies',
    component: () => import('@/features/sla/policies/PoliciesPage.vue'),
  },
  {
    path: '/time/policies/:code',
    name: 'policy',
    component: () => import('@/features/sla/policies/PolicyPage.vue'),
    props: true,
  },
  {
    path: '/time/calendars',
    name: 'calendars',
    component: () => import('@/features/sla/calendars/CalendarsPage.vue'),
  },
  {
    path: '/time/calendars/:code',
    name: 'calendar',
    component: () => import('@/features/sla/calendars/CalendarPage.vue'),
    props: true,
  },
  { path: '/time/simulate', name: 'simulate', component: () => import('@/features/sla/SimulatePage.vue') },
  { path: '/time/changes', name: 'changes', component: () => import('@/features/sla/ChangesPage.vue') },
  { path: '/people', name: 'people', component: () => import('@/features/people/PeoplePage.vue') },
  { path: '/notices', name: 'notices', component: () => import('@/features/notices/NoticesPage.vue') },
  {
    path: '/notices/preferences',
    name: 'wishes',
    component: () => import('@/features/notices/WishesPage.vue'),
  },
  {
    path: '/notices/deliveries',
    name: 'deliveries',
    component: () => import('@/features/notices/DeliveriesPage.vue'),
  },
  { path: '/notices/robots', name: 'robots', component: () => import('@/features/notices/RobotsPage.vue') },
  {
    path: '/security',
    name: 'security',
    component: () => import('@/features/identity/security/SecurityPage.vue'),
  },
  // What a sign-in service brings is taken up before any page is shown; nothing of it stays in the address.
  { path: '/sign-in', redirect: () => ({ path: '/', query: {} }) },
  {
    path: '/people/sign-in',
    name: 'sign-in-admin',
    component: () => import('@/features/identity/admin/SignInAdminPage.vue'),
  },
  {
    path: '/privacy/erasures',
    name: 'erasures',
    component: () => import('@/features/privacy/ErasuresPage.vue'),
  },
  { path: '/privacy/access', name: 'access', component: () => import('@/features/customers/AccessPage.vue') },
  { path: '/privacy/hits', name: 'hits', component: () => import('@/features/privacy/HitsPage.vue') },
  { path: '/privacy/looks', name: 'looks', component: () => import('@/features/privacy/LooksPage.vue') },
  {
    path: '/privacy/retention',
    name: 'retention',
    component: () => import('@/features/retention/RetentionPage.vue'),
  },
  { path: '/privacy/holds', name: 'holds', component: () => import('@/features/retention/HoldsPage.vue') },
  { path: '/audit', name: 'audit', component: () => import('@/features/audit/AuditPage.vue') },
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
