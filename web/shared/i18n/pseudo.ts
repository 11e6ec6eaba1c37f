const ACCENTED: Readonly<Record<string, string>> = {
  a: 'á', b: 'ƀ', c: 'ç', d: 'ð', e: 'é', g: 'ĝ', h: 'ĥ', i: 'í', j: 'ĵ', k: 'ķ', l: 'ļ', n: 'ñ', o: 'ó', r: 'ŕ', s: 'š',
  t: 'ţ', u: 'ú', w: 'ŵ', y: 'ý', z: 'ž', A: 'Á', B: 'Ɓ', C: 'Ç', D: 'Ð', E: 'É', G: 'Ĝ', I: 'Í', N: 'Ñ', O: 'Ó', S: 'Š',
  T: 'Ţ', U: 'Ú',
} // prettier-ignore

/** A text as the pseudo-locale says it: accented, bracketed, a third longer. What shows plainly went past `t`. */
export function accent(text: string): string {
  const accented = [...text].map((letter) => ACCENTED[letter] ?? letter).join('')
  return `[${accented}${'·'.repeat(Math.ceil([...text].length / 3))}]`
}
