import { onMounted } from 'vue'
import { focusAt } from '@/features/casetypes/wrong'

/** The focus goes to what a dialog is for: the question at the pointer, else what is marked as first. */
export function useFirst(pointer = ''): void {
  onMounted(() => {
    const dialog = document.querySelector('dialog[open]')
    if (!dialog || (pointer !== '' && focusAt(pointer, dialog))) return
    const first = dialog.querySelector<HTMLElement>('[data-first]')
    first?.focus({ preventScroll: true })
  })
}
