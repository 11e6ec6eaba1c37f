import { expect, test } from 'vitest'

type Tree = { [key: string]: string | Tree }
const files = import.meta.glob<Tree>('/{features,shared,apps}/**/texts.{zh,en}.json', {
  eager: true,
  import: 'default',
})
const sources = import.meta.glob<string>('/{features,shared,apps}/**/*.{ts,vue}', {
  eager: true,
  query: '?raw',
  import: 'default',
})
const all = Object.values(sources).join('\n')

function leaves(tree: Tree, at = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[at + key, value] as [string, string]] : leaves(value, `${at}${key}.`),
  )
}
const spoken = (language: string): Map<string, string> =>
  new Map(
    Object.entries(files)
      .filter(([path]) => path.endsWith(`.${language}.json`))
      .flatMap(([, tree]) => leaves(tree)),
  )
const zh = spoken('zh')
const en = spoken('en')
const places = (text: string): string => [...text.matchAll(/\{(\w+)\}/g)].map((one) => one[1]).sort().join() // prettier-ignore

test('every text is there in both languages, with the same places to fill', () => {
  expect(zh.size).toBeGreaterThan(300)
  expect([...en.keys()].sort()).toEqual([...zh.keys()].sort())
  const odd = [...zh].filter(([key, text]) => places(text) !== places(en.get(key) ?? '')).map(([key]) => key)
  expect(odd).toEqual([])
})

test('no two features call their texts by the same first name', () => {
  const names = Object.entries(files)
    .filter(([path]) => path.endsWith('.zh.json'))
    .flatMap(([, tree]) => Object.keys(tree))
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
})

test('every key that is asked for has a text', () => {
  const asked = [
    ...all.matchAll(/(?<![\w.])(?:t|has)\(\s*'([\w.]+)'/g),
    ...all.matchAll(/\bsays: '([\w.]+)'/g),
  ].map((one) => one[1] ?? '')
  expect(asked.length).toBeGreaterThan(200)
  expect(asked.filter((key) => key.includes('.') && !zh.has(key))).toEqual([])
})

test('every text is asked for, by its key or by a key that is put together', () => {
  const together = [...all.matchAll(/`([\w.]+[._])\$\{/g)].map((one) => one[1] ?? '')
  const whole = new Set([...all.matchAll(/['"`]([\w]+(?:\.[\w]+)+)['"`]/g)].map((one) => one[1]))
  const unused = [...zh.keys()].filter(
    (key) => !whole.has(key) && !together.some((start) => key.startsWith(start)),
  )
  expect(unused).toEqual([])
})

test('Chinese is set with full-width punctuation', () => {
  const half = [...zh].filter(([, text]) => /[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]/.test(text)).map(([key]) => key) // prettier-ignore
  expect(half).toEqual([])
})
