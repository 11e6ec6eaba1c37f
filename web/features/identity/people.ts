import { computed, type ComputedRef } from 'vue'
import { useQuery } from '@tanstack/vue-query'
import { api, ask, type Schema } from '@/shared/api/client'
import { language } from '@/shared/i18n'
import { may } from './session'

export type Person = Schema['Staff']
export type Team = Schema['Team']

/** Keys of what is read of people; the desk's `people` event makes them stale. */
export const PEOPLE_KEY = 'people'

/** The desk's people and teams, read once and kept. A login or code nobody knows is its own name. */
export interface People {
  /** Those who still work here, by name. */
  staff: ComputedRef<Person[]>
  teams: ComputedRef<Team[]>
  person: (login: string) => Person | undefined
  personById: (id: string) => Person | undefined
  team: (code: string) => Team | undefined
  teamById: (id: string) => Team | undefined
  nameOf: (login: string) => string
  teamName: (code: string) => string
}

/** In a component's set-up. Without `people.read` nobody is known and logins stand for names. */
export function usePeople(): People {
  const enabled = computed(() => may('people.read'))
  const staff = useQuery({
    queryKey: [PEOPLE_KEY, 'staff'],
    queryFn: () => ask(api.GET('/api/v1/staff')),
    staleTime: Infinity,
    enabled,
  })
  const teams = useQuery({
    queryKey: [PEOPLE_KEY, 'teams'],
    queryFn: () => ask(api.GET('/api/v1/teams')),
    staleTime: Infinity,
    enabled,
  })
  return peopleOf(
    computed(() => staff.data.value ?? []),
    computed(() => teams.data.value ?? []),
  )
}

/** Look-ups over what was read. */
export function peopleOf(staff: ComputedRef<Person[]>, teams: ComputedRef<Team[]>): People {
  const byLogin = computed(() => new Map(staff.value.map((one) => [one.login, one])))
  const byId = computed(() => new Map(staff.value.map((one) => [one.id, one])))
  const byCode = computed(() => new Map(teams.value.map((one) => [one.code, one])))
  const teamsById = computed(() => new Map(teams.value.map((one) => [one.id, one])))
  const said = (team: Team): string => (language.value === 'zh' ? team.name_zh : team.name_en)
  return {
    staff: computed(() =>
      staff.value
        .filter((one) => one.status === 'active')
        .sort((a, b) => a.name.localeCompare(b.name, language.value)),
    ),
    teams,
    person: (login) => byLogin.value.get(login),
    personById: (id) => byId.value.get(id),
    team: (code) => byCode.value.get(code),
    teamById: (id) => teamsById.value.get(id),
    nameOf: (login) => byLogin.value.get(login)?.name ?? login,
    teamName: (code) => {
      const found = byCode.value.get(code)
      return found ? said(found) : code
    },
  }
}
