import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'

const routes: RouteRecordRaw[] = [
  { path: '/', component: () => import('@/features/portal/HomePage.vue'), meta: { title: 'home' } },
  { path: '/new/:code', component: () => import('@/features/portal/SubmitPage.vue'), meta: { title: 'submit' } },
  { path: '/sent/:number', component: () => import('@/features/portal/SentPage.vue'), meta: { title: 'sent' } },
  { path: '/tickets/:number', component: () => import('@/features/portal/TicketPage.vue'), meta: { title: 'ticket' } },
  { path: '/my-data', component: () => import('@/features/portal/MyDataPage.vue'), meta: { title: 'data' } },
  { path: '/progress', component: () => import('@/features/portal/ProgressPage.vue'), meta: { title: 'progress', public: true } },
  { path: '/:rest(.*)', redirect: '/' },
] // prettier-ignore

export const router = createRouter({
  history: createWebHistory('/portal/'),
  routes,
  scrollBehavior: (_to, _from, kept) => kept ?? { top: 0 },
})
