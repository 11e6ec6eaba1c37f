import type { Span } from './entry'

/** A piece of a text: plain, masked (`kind` says what it was, `valueId` which), or a secret that was removed. */
export interface Piece {
  text: string
  kind: string
  valueId?: string
}

const REMOVED = /▇▇▇\[(CVV|PIN|OTP|EXP|ANSWER|TRACK)\]/u
const SECRETS: Readonly<Record<string, string>> = {
  CVV: 'cvv',
  PIN: 'pin',
  OTP: 'one_time_code',
  EXP: 'expiry',
  ANSWER: 'security_answer',
  TRACK: 'track_data',
}

/** A text cut at its masks. Spans count code points, as the desk does. */
export function pieces(text: string, spans: readonly Span[]): Piece[] {
  const points = [...text]
  const found: Piece[] = []
  let at = 0
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    if (span.start < at || span.end > points.length || span.end <= span.start) continue
    found.push(...secrets(points.slice(at, span.start).join('')))
    const text = points.slice(span.start, span.end).join('')
    found.push({ text, kind: span.kind, ...(span.valueId ? { valueId: span.valueId } : {}) })
    at = span.end
  }
  return [...found, ...secrets(points.slice(at).join(''))].filter((piece) => piece.text !== '')
}

function secrets(text: string): Piece[] {
  const hit = REMOVED.exec(text)
  if (!hit) return [{ text, kind: '' }]
  const kind = SECRETS[hit[1] ?? ''] ?? 'cvv'
  const rest = secrets(text.slice(hit.index + hit[0].length))
  return [{ text: text.slice(0, hit.index), kind: '' }, { text: hit[0], kind }, ...rest]
}
