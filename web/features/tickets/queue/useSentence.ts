import { computed, type ComputedRef } from 'vue'
import { useQuery } from '@tanstack/vue-query'
import { useRoute, useRouter } from 'vue-router'
import { t } from '@/shared/i18n'
import { me } from '@/features/identity/session'
import type { People } from '@/features/identity/people'
import { parseTree, type Ids, type Tree } from './filter'
import { isSort, type Sort } from './order'
import {
  ANYTHING,
  fromQuery,
  sameWords,
  toQuery,
  treeOf,
  wordsOf,
  type Meaning,
  type Words,
} from './sentence'
import { readViews, VIEWS_KEY, type SavedView } from './views'

/** Where one starts: what is mine and open, the most urgent first. */
export const START: Words = { ...ANYTHING, who: 'me' }

/** A list that has a name: one of ours, or one that was saved. */
export interface View {
  id: string
  name: string
  query: Record<string, string>
  tree: () => Tree | null
  saved: SavedView | null
}

const BUILT_IN: readonly [string, Words][] = [
  ['mine', START],
  ['unassigned', { ...ANYTHING, who: 'nobody', team: 'mine' }],
  ['soon', { ...ANYTHING, due: 'soon' }],
  ['waiting', { ...ANYTHING, state: 'waiting' }],
  ['call_back', { ...ANYTHING, state: 'resolved', sort: 'changed' }],
  ['all', ANYTHING],
]

/** What words mean to who is signed in. */
export function meaningOf(people: People): Meaning {
  return {
    get me() {
      return me.value?.id ?? ''
    },
    get teams() {
      return me.value?.teams ?? []
    },
    staffId: (login) => people.person(login)?.id,
    login: (id) => people.personById(id)?.login,
    teamId: (code) => people.team(code)?.id,
    teamCode: (id) => people.teamById(id)?.code,
    now: () => Date.now(),
  }
}

/** Codes of rows into ids; oneself is known even where the people are not. */
export function idsOf(people: People): Ids {
  return {
    team: (code) => people.team(code)?.id,
    staff: (login) => (login === me.value?.login ? me.value.id : people.person(login)?.id),
  }
}

export interface Views {
  all: ComputedRef<View[]>
  /** Whether the saved ones were read (or cannot be). */
  ready: ComputedRef<boolean>
}

/** The lists that have a name. In a component's set-up. */
export function useViews(meaning: Meaning): Views {
  const saved = useQuery({ queryKey: [VIEWS_KEY], queryFn: readViews })
  const all = computed(() => [
    ...BUILT_IN.map(([id, words]) => ({
      id,
      name: t(`queue.view.${id}`),
      query: toQuery(words, START),
      tree: () => treeOf(words, meaning),
      saved: null,
    })),
    ...(saved.data.value ?? []).map((one) => ({
      id: one.id,
      name: one.name,
      query: { view: one.id },
      tree: () => parseTree(one.filter),
      saved: one,
    })),
  ])
  return { all, ready: computed(() => !saved.isPending.value) }
}

/** The filter as the address has it: words, or a saved view (whose words there may be none for). */
export interface Sentence {
  words: ComputedRef<Words | null>
  view: ComputedRef<View | null>
  tree: ComputedRef<Tree | null>
  sort: ComputedRef<Sort>
  /** Changes whenever the list is another; empty while a saved view is not known yet. */
  key: ComputedRef<string>
  say: (changed: Partial<Words>) => void
}

/** In a component's set-up. While another page is shown the sentence stays as it was. */
export function useSentence({ all: views, ready }: Views, meaning: Meaning): Sentence {
  const route = useRoute()
  const router = useRouter()
  // While another page is shown the address is not ours: the last of ours stands.
  let last: Record<string, unknown> = route.query
  const query = computed(() => (last = route.name === 'queue' ? route.query : last))
  const named = computed(() => views.value.find((one) => one.saved && one.id === query.value['view']) ?? null)
  const isKnown = computed(() => ready.value || query.value['view'] === undefined)
  const sort = computed<Sort>(() => {
    const saved = named.value?.saved?.sort
    return words.value?.sort ?? (saved && isSort(saved) ? saved : 'due')
  })
  const words = computed(() => {
    const saved = named.value?.saved
    if (!saved) return fromQuery(query.value, START)
    return wordsOf(parseTree(saved.filter), isSort(saved.sort) ? saved.sort : 'due', meaning)
  })
  return {
    words,
    sort,
    view: computed(
      () =>
        named.value ??
        views.value.find(
          (one) => !one.saved && words.value !== null && sameWords(fromQuery(one.query, START), words.value),
        ) ??
        null,
    ),
    tree: computed(() => (words.value ? treeOf(words.value, meaning) : (named.value?.tree() ?? null))),
    key: computed(() => {
      if (!isKnown.value) return ''
      const timeless = words.value && treeOf({ ...words.value, due: 'any' }, meaning)
      return JSON.stringify([timeless ?? named.value?.id, words.value?.due, sort.value])
    }),
    say(changed) {
      const now = { ...(words.value ?? ANYTHING), ...changed }
      void router.push({ name: 'queue', query: toQuery(now, START) })
    },
  }
}
