import { headers, refused, renewed } from './client'
import { Problem } from './problem'

/** One file on its way. `done` gives the desk's answer; rejects with Problem. */
export interface Upload {
  done: Promise<unknown>
  stop: () => void
}

/** Send a file with progress (0 to 1), which fetch cannot tell. The same key makes a retry safe. */
export function upload(path: string, file: File, key: string, progress: (share: number) => void): Upload {
  let running: XMLHttpRequest | null = null
  let isStopped = false
  const stopped = (): DOMException => new DOMException('stopped', 'AbortError')
  const once = (resolve: (body: unknown) => void, reject: (why: unknown) => void, isAgain = false): void => {
    const sent = headers('POST')
    const request = new XMLHttpRequest()
    running = request
    request.open('POST', path)
    for (const [name, value] of Object.entries(sent)) request.setRequestHeader(name, value)
    request.setRequestHeader('Idempotency-Key', key)
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total)
    }
    request.onerror = () => reject(new Problem(0, null))
    request.onabort = () => reject(stopped())
    request.onload = () => {
      const body = parsed(request.responseText)
      if (request.status >= 200 && request.status < 300) return resolve(body)
      const refusal = (): void =>
        reject(refused({ status: request.status, headers: answerHeaders(request) }, body))
      if (isAgain) return refusal()
      renewed(request.status, body, sent['X-CSRF-Token'] ?? null).then((isNew) => {
        if (isStopped) reject(stopped())
        else if (isNew) once(resolve, reject, true)
        else refusal()
      }, reject)
    }
    const form = new FormData()
    form.append('files', file, file.name)
    request.send(form)
  }
  const done = new Promise<unknown>((resolve, reject) => once(resolve, reject))
  return {
    done,
    stop: () => {
      isStopped = true
      running?.abort()
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function answerHeaders(request: XMLHttpRequest): Headers {
  const after = request.getResponseHeader('retry-after')
  return new Headers(after ? { 'retry-after': after } : {})
}
