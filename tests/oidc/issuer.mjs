// A certified OpenID Connect issuer for tests: `node issuer.mjs AUDIENCE`, its URL on the first line that begins with `> `.
//
// Each line on stdin is a command, answered by such a line: `rotate ALG` adds a new key of that algorithm
// and signs with it; `forget` publishes the newest key alone; `claims JSON` gives access tokens these claims from
// now on. It ends when stdin does. The clients `pages` and `pages-public` are those of the service's own pages.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Provider } from 'oidc-provider';

const audience = process.argv[2];
const KINDS = {
  RS: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};
let keys = [];
let algorithm;
let handle;
let claims = { roles: ['reader'], groups: ['staff'] };
const PAGES = {
  application_type: 'native', grant_types: ['authorization_code', 'refresh_token'],
  // Of native clients on this machine any port counts.
  redirect_uris: ['http://localhost/sign-in/callback', 'http://127.0.0.1/sign-in/callback'],
};

function newKey(name) {
  const { privateKey } = (KINDS[name] ?? KINDS[name.slice(0, 2)])();
  algorithm = name;
  return { ...privateKey.export({ format: 'jwk' }), kid: `key-${Date.now()}-${keys.length}`, use: 'sig' };
}

function provider(issuer) {
  const made = new Provider(issuer, {
    clients: [
      {
        client_id: 'web', token_endpoint_auth_method: 'none', application_type: 'native',
        redirect_uris: ['http://127.0.0.1/callback'], id_token_signed_response_alg: algorithm,
      },
      {
        client_id: 'ci', client_secret: 'a-secret-of-a-test', grant_types: ['client_credentials'],
        redirect_uris: [], response_types: [], id_token_signed_response_alg: algorithm,
      },
      {
        client_id: 'pages', client_secret: 'another secret: of a/test', ...PAGES,
        id_token_signed_response_alg: algorithm,
      },
      {
        client_id: 'pages-public', token_endpoint_auth_method: 'none', ...PAGES,
        id_token_signed_response_alg: algorithm,
      },
    ],
    jwks: { keys },
    cookies: { keys: ['a-key-of-a-test'] },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'RS512', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'] },
    pkce: { required: () => true },
    scopes: ['openid', 'ask', 'offline_access'],
    rotateRefreshToken: true,
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    extraTokenClaims: () => ({ ...claims, nbf: Math.floor(Date.now() / 1000) }),
    features: {
      clientCredentials: { enabled: true },
      registration: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:plumbline',
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'ask', audience, accessTokenFormat: 'jwt', accessTokenTTL: 300, jwt: { sign: { alg: algorithm } },
        }),
      },
    },
  });
  handle = made.callback();
}

const server = createServer((request, response) => handle(request, response));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;
keys = [newKey('RS256')];
provider(issuer);
console.log('> ' + issuer);

for await (const line of createInterface({ input: process.stdin })) {
  const [command, name] = line.split(' ');
  if (command === 'claims') {
    claims = JSON.parse(name);
  } else {
    keys = command === 'rotate' ? [newKey(name), ...keys] : keys.slice(0, 1);
    provider(issuer);
  }
  console.log('> done');
}
process.exit(0);
