// Builds both apps into dist/, compresses what is served, and checks what a first visit has to load.
// `--pseudo` builds them with every text accented and lengthened, so that what is hard-coded or clipped shows.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const pseudo = process.argv.includes('--pseudo')
const root = new URL('..', import.meta.url).pathname
const out = join(root, 'dist')
rmSync(out, { recursive: true, force: true })
for (const app of ['console', 'portal']) {
  const args = [
    join(root, 'node_modules/vite/bin/vite.js'),
    'build',
    '--logLevel',
    'warn',
    ...(pseudo ? ['--mode', 'pseudo'] : []),
  ]
  const ran = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, APP: app },
  })
  if (ran.status !== 0) process.exit(ran.status ?? 1)
}
const TEXT = new Set(['.js', '.css', '.html', '.svg', '.json'])
for (const entry of readdirSync(out, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !TEXT.has(extname(entry.name)) || entry.name.endsWith('.manifest.json')) continue
  const path = join(entry.parentPath, entry.name)
  const bytes = readFileSync(path)
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
}
if (!pseudo) {
  await import('./font.mjs')
  await import('./size.mjs')
}
