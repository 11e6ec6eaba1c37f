// The API client's types, made from the operations that the product declares. `--check` fails where they are stale.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import openapiTS, { astToString } from 'openapi-typescript'

const target = new URL('../shared/api/schema.d.ts', import.meta.url)
const command = process.env.BIHUAN ?? new URL('../../.venv/bin/bihuan', import.meta.url).pathname
const ran = spawnSync(command, ['openapi'], { encoding: 'utf8', maxBuffer: 64e6 })
if (ran.status !== 0) {
  console.error(ran.stderr || `cannot run ${command} openapi`)
  process.exit(1)
}
const made = `// Made by \`npm run client\` from the product's own operations; never edited.\n${astToString(
  await openapiTS(JSON.parse(ran.stdout), {
    alphabetize: true,
    defaultNonNullable: false,
    emptyObjectsUnknown: true,
  }),
)}`
if (process.argv.includes('--check')) {
  const kept = readFileSync(target, 'utf8')
  if (kept !== made) {
    console.error('shared/api/schema.d.ts is stale: run `npm run client` and look at what changed')
    process.exit(1)
  }
} else {
  writeFileSync(target, made)
}
