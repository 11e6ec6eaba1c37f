import { computed } from 'vue'
import { useQuery } from '@tanstack/vue-query'
import { may } from '@/features/identity/session'
import { calendars as readCalendars } from '@/features/sla/reading'
import { language, t } from '@/shared/i18n'

/** The desk's calendars by name, for rules that name one; their codes where one may not see them. */
export function useCalendars() {
  const read = useQuery({
    queryKey: ['privacy', 'calendars', language],
    queryFn: readCalendars,
    enabled: may('sla.read'),
  })
  const choices = computed(() => [
    { value: '', text: t('privacy.calendar_none') },
    ...(read.data.value ?? []).map((one) => ({ value: one.code, text: one.title })),
  ])
  return {
    choices,
    title: (code: string): string => choices.value.find((one) => one.value === code)?.text ?? code,
  }
}
