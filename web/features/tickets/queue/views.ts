import { api, ask, type Schema } from '@/shared/api/client'
import { queries } from '@/shared/api/query'
import type { Tree } from './filter'

export type SavedView = Schema['SavedView']
/** Key of the saved views that were read. */
export const VIEWS_KEY = 'views'

/** One's own saved views and the shared ones. */
export function readViews(): Promise<SavedView[]> {
  return ask(api.GET('/api/v1/views'))
}

/** Keep a filter under a name of one's own; the same name again changes it. Throws Problem. */
export async function saveView(
  name: string,
  tree: Tree | null,
  sort: string,
  shared: boolean,
): Promise<SavedView> {
  const filter: Record<string, unknown> = { ...tree }
  const saved = await ask(api.POST('/api/v1/views', { body: { name, filter, sort, shared } }))
  await queries.invalidateQueries({ queryKey: [VIEWS_KEY] })
  return saved
}

/** Share a view of one's own with all, or no longer. Throws Problem. */
export async function shareView(view: SavedView, shared: boolean): Promise<void> {
  const { name, filter, sort } = view
  await ask(api.POST('/api/v1/views', { body: { name, filter, sort, shared } }))
  await queries.invalidateQueries({ queryKey: [VIEWS_KEY] })
}

/** Drop a view of one's own. Throws Problem. */
export async function dropView(id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/views/{id}', { params: { path: { id } } }))
  await queries.invalidateQueries({ queryKey: [VIEWS_KEY] })
}
