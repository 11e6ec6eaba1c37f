import {
  computed,
  onScopeDispose,
  ref,
  shallowRef,
  watch,
  type ComputedRef,
  type Ref,
  type ShallowRef,
} from 'vue'
import { has, language, t } from '@/shared/i18n'
import { Problem } from '@/shared/api/problem'
import type { OpenTicket } from '../useTicket'
import { readClocks, readTasks, type Task, type TicketClocks } from './time'

/** The clocks of an open ticket in full, and its parts for other departments; read again whenever the ticket changes. */
export interface Clocks {
  all: ShallowRef<TicketClocks | null>
  tasks: ShallowRef<readonly Task[]>
  /** Why they could not be read; what was read before stays. */
  problem: ShallowRef<Problem | null>
  reading: Ref<boolean>
  read: () => Promise<void>
  titleOf: (kind: string) => string
  /** Tasks that are not done. */
  openTasks: ComputedRef<number>
}

/** In a component's set-up. */
export function useClocks(open: OpenTicket): Clocks {
  const all = shallowRef<TicketClocks | null>(null)
  const tasks = shallowRef<readonly Task[]>([])
  const problem = shallowRef<Problem | null>(null)
  const reading = ref(false)
  let turn = 0

  async function read(): Promise<void> {
    const id = open.id.value
    if (id === '') return
    const mine = ++turn
    reading.value = true
    try {
      const [clocks, parts] = await Promise.all([readClocks(id), readTasks(id)])
      if (mine !== turn) return
      all.value = clocks
      tasks.value = parts
      problem.value = null
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (mine === turn) problem.value = error
    } finally {
      if (mine === turn) reading.value = false
    }
  }

  watch(open.id, () => {
    turn++
    all.value = null
    tasks.value = []
  })
  watch([open.id, () => open.ticket.value?.version, language], () => void read(), { immediate: true })
  onScopeDispose(() => {
    turn++
  })
  return {
    all,
    tasks,
    problem,
    reading,
    read,
    titleOf: (kind) =>
      all.value?.clocks.find((one) => one.kind === kind)?.title ??
      (has(`ticket.clock.${kind}`) ? t(`ticket.clock.${kind}`) : kind),
    openTasks: computed(() => tasks.value.filter((one) => !one.done_at).length),
  }
} // prettier-ignore
