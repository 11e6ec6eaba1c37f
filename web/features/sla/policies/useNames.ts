import { computed, type ComputedRef } from 'vue'
import { useQuery } from '@tanstack/vue-query'
import { usePeople } from '@/features/identity/people'
import { may } from '@/features/identity/session'
import { language } from '@/shared/i18n'
import type { Choice } from '@/shared/ui/form/SelectField.vue'
import { ROLES_KEY, readRoles } from '@/features/people/api'
import * as reading from '../reading'
import { SLA_KEY } from '../reading'
import type { Names } from './sentences'

/** Calendars to choose from, and what teams and calendars are called. In a component's set-up. */
export function useTimeNames(): { names: ComputedRef<Names>; calendars: ComputedRef<Choice[]> } {
  const people = usePeople()
  const read = useQuery({
    queryKey: [SLA_KEY, 'calendars', language],
    queryFn: reading.calendars,
    enabled: computed(() => may('sla.read')),
  })
  const calendars = computed(() =>
    (read.data.value ?? []).map((one) => ({ value: one.code, text: one.title })),
  )
  const roles = useQuery({
    queryKey: ROLES_KEY,
    queryFn: readRoles,
    enabled: computed(() => may('people.read')),
  })
  const titles = computed(() => new Map(calendars.value.map((one) => [one.value, one.text])))
  return {
    calendars,
    names: computed(() => ({
      team: people.teamName,
      calendar: (code) => titles.value.get(code) ?? code,
      role: (code) => {
        const found = roles.data.value?.find((one) => one.code === code)
        return found === undefined ? code : language.value === 'zh' ? found.name_zh : found.name_en
      },
    })),
  }
}
