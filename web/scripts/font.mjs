// The Chinese font of the evidence package's timeline: the part of it that is needed, into dist/fonts with its licence.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const python = process.env.PYTHON ?? at('../../.venv/bin/python')
const ran = spawnSync(
  python,
  [at('font.py'), at('../node_modules/@expo-google-fonts/noto-sans-sc'), at('../dist/fonts')],
  {
    stdio: 'inherit',
  },
)
if (ran.status !== 0) process.exit(ran.status ?? 1)
