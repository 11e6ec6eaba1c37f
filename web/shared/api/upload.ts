import { headers, refused } from './client'
import { Problem } from './problem'

/** One file on its way. `done` gives the desk's answer; rejects with Problem. */
export interface Upload {
  done: Promise<unknown>
  stop: () => void
}

/** Send a file with progress (0 to 1), which fetch cannot tell. The same key makes a retry safe. */
export function upload(path: string, file: File, key: string, progress: (share: number) => void): Upload {
  const request = new XMLHttpRequest()
  const done = new Promise<unknown>((resolve, reject) => {
    request.open('POST', path)
    for (const [name, value] of Object.entries(headers('POST'))) request.setRequestHeader(name, value)
    request.setRequestHeader('Idempotency-Key', key)
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total)
    }
    request.onerror = () => reject(new Problem(0, null))
    request.onabort = () => reject(new DOMException('stopped', 'AbortError'))
    request.onload = () => {
      const body = parsed(request.responseText)
      if (request.status >= 200 && request.status < 300) resolve(body)
      else reject(refused({ status: request.status, headers: answerHeaders(request) }, body))
    }
  })
  const form = new FormData()
  form.append('files', file, file.name)
  request.send(form)
  return { done, stop: () => request.abort() }
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
