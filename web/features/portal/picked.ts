import { onScopeDispose, shallowRef, type Ref } from 'vue'

/** A file chosen and not yet sent. `evidence`: what it shows (its code), null for anything else. */
export interface Picked {
  id: number
  file: File
  evidence: string | null
  /** Where its picture can be drawn from; null for what is no picture. */
  url: string | null
}

const DRAWN = /^image\/(png|jpe?g|gif|webp|bmp)$/
let count = 0

/** Files chosen on this page; their pictures are let go with it. */
export function usePicked(): {
  picked: Ref<Picked[]>
  add: (files: Iterable<File>, evidence: string | null) => void
  remove: (id: number) => void
} {
  // prettier-ignore
  const picked = shallowRef<Picked[]>([])
  const release = (one: Picked): void => {
    if (one.url) URL.revokeObjectURL(one.url)
  }
  onScopeDispose(() => picked.value.forEach(release))
  return {
    picked,
    add(files, evidence) {
      const added = [...files].map((file) => ({
        id: ++count,
        file,
        evidence,
        url: DRAWN.test(file.type) ? URL.createObjectURL(file) : null,
      }))
      picked.value = [...picked.value, ...added]
    },
    remove(id) {
      picked.value.filter((one) => one.id === id).forEach(release)
      picked.value = picked.value.filter((one) => one.id !== id)
    },
  }
}
