import { ref } from 'vue'
import { me, type Me } from '@/features/identity/session'
import { useSigning } from '@/features/identity/signing'

/** Sign in by password, in one step. Throws what the desk refused it with. */
export async function signIn(given: {
  tenant?: string | null
  login: string
  password: string
}): Promise<Me | null> {
  const signing = useSigning(ref(given.tenant ?? ''), () => undefined)
  if (await signing.byPassword(given.login, given.password)) return me.value
  throw signing.problem.value ?? new Error('not signed in')
}
