import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import type { App } from 'vue'
import { Problem } from './problem'

const TRIES = 2
const FRESH_MS = 60_000

/** What was read and is kept. A refusal is an answer and is not asked again; a desk out of reach is, twice. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      refetchOnWindowFocus: false,
      // A browser's word that it is offline is a guess: we ask, and say what came of it.
      networkMode: 'always',
      retry: (failed, error) => failed < TRIES && error instanceof Problem && error.unreachable,
    },
    mutations: { retry: false, networkMode: 'always' },
  },
})

/** Let the app's components read through `queries`. */
export function startQueries(app: App): void {
  app.use(VueQueryPlugin, { queryClient: queries })
}
