// What a first visit loads, gzipped: the entry's script, all it imports, and what its first page and language add.
// Exits 1 where an app is over its goal.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const GOALS = { console: 250, portal: 60 }
/** Lazy parts that every first visit loads: the first page and one language (the larger). */
const FIRST = {
  console: [/features\/identity\/SignIn/, /features\/tickets\/QueuePage/, /^console\/texts\.zh/],
  portal: [/features\/portal\/HomePage/, /features\/portal\/SubmitPage/, /^portal\/texts\.zh/],
}
const out = new URL('../dist', import.meta.url).pathname
let over = false
for (const [app, goal] of Object.entries(GOALS)) {
  const manifest = JSON.parse(readFileSync(join(out, `${app}.manifest.json`), 'utf8'))
  const files = new Set()
  const visit = (key) => {
    const chunk = manifest[key]
    if (!chunk || files.has(chunk.file)) return
    files.add(chunk.file)
    for (const next of chunk.imports ?? []) visit(next)
  }
  for (const [key, chunk] of Object.entries(manifest)) if (chunk.isEntry) visit(key)
  for (const part of FIRST[app]) {
    const key = Object.keys(manifest).find((name) => part.test(name))
    if (key) visit(key)
    else if (!Object.values(manifest).some((chunk) => part.test(chunk.src ?? ''))) {
      console.error(
        `${app}: nothing in the build matches ${part}; the list of a first visit's parts is stale`,
      )
      over = true
    }
  }
  const bytes = [...files]
    .filter((file) => file.endsWith('.js'))
    .reduce((sum, file) => sum + gzipSync(readFileSync(join(out, file)), { level: 9 }).length, 0)
  const kb = bytes / 1000
  console.log(`${app}: ${kb.toFixed(1)} kB of script at a first visit, gzipped (goal ${goal} kB)`)
  if (kb > goal) over = true
}
if (over) process.exit(1)
