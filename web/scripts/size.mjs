// What a first visit loads, gzipped: the entry's script, all it imports, one language (the larger), and the page one comes
// to first. Of several such pages the heaviest counts. Exits 1 where an app is over its goal.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const GOALS = { console: 250, portal: 60 }
/** Lazy parts that every first visit loads. */
const ALWAYS = {
  console: [/features\/identity\/SignIn/, /^console\/texts\.zh/],
  portal: [/^portal\/texts\.zh/],
}
/** Where a first visit can lead: the portal's links open its home or a ticket; without one there is the entry and the look-up. */
const PAGES = {
  console: [/features\/tickets\/QueuePage/],
  portal: [/HomePage/, /TicketPage/, /ProgressPage/, /EntryPage/],
}
/** Pages that are only come to from another; named, so that their weight is seen too. */
const LATER = { console: [], portal: [/SubmitPage/] }

const out = new URL('../dist', import.meta.url).pathname
let isOver = false
for (const [app, goal] of Object.entries(GOALS)) {
  const manifest = JSON.parse(readFileSync(join(out, `${app}.manifest.json`), 'utf8'))
  const keyOf = (part) => {
    const key = Object.keys(manifest).find((name) => part.test(name))
    const isInlined = Object.values(manifest).some((chunk) => part.test(chunk.src ?? ''))
    if (!key && !isInlined) {
      console.error(`${app}: nothing in the build matches ${part}; the lists in scripts/size.mjs are stale`)
      isOver = true
    }
    return key
  }
  const entries = Object.keys(manifest).filter((key) => manifest[key].isEntry)
  const before = [...entries, ...ALWAYS[app].map(keyOf)]
  const first = PAGES[app].map((part) => ({ part, kb: weight(manifest, [...before, keyOf(part)]) }))
  const heaviest = first.reduce((one, other) => (other.kb > one.kb ? other : one))
  const pages = first.map(({ part, kb }) => `${part.source.split('/').at(-1)} ${kb.toFixed(1)}`).join(', ')
  console.log(
    `${app}: ${heaviest.kb.toFixed(1)} kB of script at a first visit, gzipped (goal ${goal} kB; ${pages})`,
  )
  for (const part of LATER[app]) {
    const more = weight(manifest, [...before, keyOf(PAGES[app][0]), keyOf(part)]) - first[0].kb
    console.log(`${app}: ${more.toFixed(1)} kB more when ${part.source} is opened`)
  }
  if (heaviest.kb > goal) isOver = true
}
if (isOver) process.exit(1)

/** kB of script, gzipped, that these chunks and all they import weigh. */
function weight(manifest, keys) {
  const files = new Set()
  const visit = (key) => {
    const chunk = manifest[key]
    if (!chunk || files.has(chunk.file)) return
    files.add(chunk.file)
    for (const next of chunk.imports ?? []) visit(next)
  }
  keys.forEach(visit)
  const scripts = [...files].filter((file) => file.endsWith('.js'))
  return (
    scripts.reduce((sum, file) => sum + gzipSync(readFileSync(join(out, file)), { level: 9 }).length, 0) /
    1000
  )
}
