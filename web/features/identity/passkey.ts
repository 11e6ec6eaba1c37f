import { isRecord } from '@/shared/api/problem'

/** Asking the device for a passkey: the desk speaks JSON, the browser bytes. */

/** The device was not asked, said no, or took too long. */
export class NoPasskey extends Error {}

/** Whether this browser can ask a device at all. */
export function takesPasskeys(): boolean {
  return 'PublicKeyCredential' in window && 'credentials' in navigator
}

/** Have the device make a passkey. Throws NoPasskey. */
export async function makePasskey(options: Record<string, unknown>): Promise<Record<string, unknown>> {
  const user = record(options['user'])
  const publicKey = {
    ...options,
    challenge: bytes(options['challenge']),
    user: { ...user, id: bytes(user['id']) },
    excludeCredentials: described(options['excludeCredentials']),
    // The desk's own words, checked by the browser itself.
  } as unknown as PublicKeyCredentialCreationOptions
  const made = await asked(navigator.credentials.create({ publicKey }))
  if (!(made.response instanceof AuthenticatorAttestationResponse)) throw new NoPasskey()
  return told(made, {
    clientDataJSON: text(made.response.clientDataJSON),
    attestationObject: text(made.response.attestationObject),
    transports: made.response.getTransports(),
  })
}

/** Have the device sign. Throws NoPasskey. */
export async function usePasskey(options: Record<string, unknown>): Promise<Record<string, unknown>> {
  const publicKey = {
    ...options,
    challenge: bytes(options['challenge']),
    allowCredentials: described(options['allowCredentials']),
  } as unknown as PublicKeyCredentialRequestOptions
  const signed = await asked(navigator.credentials.get({ publicKey }))
  if (!(signed.response instanceof AuthenticatorAssertionResponse)) throw new NoPasskey()
  const { clientDataJSON, authenticatorData, signature, userHandle } = signed.response
  return told(signed, {
    clientDataJSON: text(clientDataJSON),
    authenticatorData: text(authenticatorData),
    signature: text(signature),
    userHandle: userHandle ? text(userHandle) : null,
  })
}

async function asked(pending: Promise<Credential | null>): Promise<PublicKeyCredential> {
  let found: Credential | null
  try {
    found = await pending
  } catch (error) {
    if (error instanceof DOMException) throw new NoPasskey(error.name)
    throw error
  }
  if (!(found instanceof PublicKeyCredential)) throw new NoPasskey()
  return found
}

function told(made: PublicKeyCredential, response: Record<string, unknown>): Record<string, unknown> {
  return {
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    authenticatorAttachment: made.authenticatorAttachment,
    clientExtensionResults: {},
    response,
  }
}

function described(list: unknown): unknown[] {
  return Array.isArray(list)
    ? list.map((one: unknown) => ({ ...record(one), id: bytes(record(one)['id']) }))
    : []
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {}
}

/** Bytes from base64url. */
export function bytes(value: unknown): Uint8Array<ArrayBuffer> {
  const plain = typeof value === 'string' ? value.replaceAll('-', '+').replaceAll('_', '/') : ''
  return Uint8Array.from(atob(plain), (one) => one.charCodeAt(0))
}

/** Base64url from bytes. */
export function text(buffer: ArrayBuffer): string {
  const plain = btoa(String.fromCharCode(...new Uint8Array(buffer)))
  return plain.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
