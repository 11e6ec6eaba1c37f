// A certified OpenID provider on loopback, for the tests of signing in by one. Prints its port; ends with its input.
// Whoever comes as `login_hint` or in the body of the form is signed in: the provider's own pages are not what is tested.
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { generateKeyPairSync } from 'node:crypto'

const require = createRequire(new URL('../../web/package.json', import.meta.url))
const { default: Provider } = await import(require.resolve('oidc-provider'))

const [redirect, logout] = process.argv.slice(2)
const key = (kid) => ({ ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' })

const server = createServer()
await new Promise((done) => server.listen(0, '127.0.0.1', done))
const { port } = server.address()
const issuer = `http://127.0.0.1:${port}`

const accounts = {
  li: { preferred_username: 'li', email: 'li@example.com', email_verified: true, groups: ['desk-agents'] },
  'li@example.com': { preferred_username: 'other', email: 'li@example.com', email_verified: true, groups: [] },
  unverified: { preferred_username: 'x', email: 'li@example.com', email_verified: false, groups: [] },
  lead: { preferred_username: 'li', email: 'l@example.com', email_verified: true, groups: ['desk-leads', 'x'] },
}
function made(kid) {
  const client = { redirect_uris: [redirect], post_logout_redirect_uris: [redirect.replace('sign-in', '')], grant_types: ['authorization_code'], ...(logout ? { backchannel_logout_uri: logout, backchannel_logout_session_required: true } : {}) }
  return new Provider(issuer, {
    clients: [
      { ...client, client_id: 'desk', client_secret: 'a secret of the desk: %/+ &' },
      { ...client, client_id: 'public', token_endpoint_auth_method: 'none' },
    ],
    jwks: { keys: [key(kid)] },
    cookies: { keys: ['a key of a test'] },
    claims: { openid: ['sub'], profile: ['preferred_username', 'groups'], email: ['email', 'email_verified'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true }, backchannelLogout: { enabled: true } },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...accounts[id] }) }),
    // The desk it tells is on this machine, which the provider by itself calls nobody on.
    fetch: (url, { dispatcher: _dispatcher, signal: _signal, ...options }) => fetch(url, options),
    interactions: { url: (_ctx, one) => `/interaction/${one.uid}` },
  })
}

let provider = made('first')
let handler = provider.callback()
let now = ''
server.on('request', async (request, response) => {
  const url = new URL(request.url, issuer)
  if (url.pathname === '/test/rotate') {
    provider = made('second')
    handler = provider.callback()
    response.end('rotated')
  } else if (url.pathname === '/test/account') {
    now = url.searchParams.get('id')
    response.end('set')
  } else if (url.pathname.startsWith('/interaction/')) {
    const found = await provider.interactionDetails(request, response)
    const grant = new provider.Grant({ accountId: now, clientId: found.params.client_id })
    grant.addOIDCScope(found.params.scope)
    const grantId = await grant.save()
    await provider.interactionFinished(request, response, { login: { accountId: now }, consent: { grantId } })
  } else handler(request, response)
})
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
console.log(port)
