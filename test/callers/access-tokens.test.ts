// Access tokens of a real OpenID provider, at a running gateway: which client they are, which are refused, and where clients get them.
// RFC 9068, RFC 9728, RFC 6750.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, type JWTHeaderParameters, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificates } from '../servers/certificates.ts';
import { type CallersGateway, configure, startGateway } from './gateway.ts';
import { type OpenIdProvider, requestToken, startProvider } from './openid-provider.ts';

const folder = mkdtempSync(join(tmpdir(), 'callers-'));
const audience = 'https://scim.example.com/scim/v2';
const tenant = '11111111-2222-3333-4444-555555555555';
const application = '66666666-7777-8888-9999-000000000000';
const allow = 'allow: { directory: main, resources: [User], operations: [read] }';

/** An issuer that is only a key: what a provider would never sign. */
const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });

let provider: OpenIdProvider;
let gateway: CallersGateway;
beforeAll(async () => {
  writeFileSync(join(folder, 'own.json'), JSON.stringify({ keys: [{ ...(await exportJWK(own.publicKey)), kid: 'own' }] }));
  provider = await startProvider({ clients: ['hr', 'audit', 'stranger'] });
  gateway = await startGateway({
    folder,
    publicUrl: 'https://scim.example.com',
    clients: `
  - { name: hr, auth: { jwt: { issuer: "${provider.issuer}", clientId: hr } }, ${allow} }
  - { name: audit, auth: { jwt: { issuer: "${provider.issuer}", clientId: audit, subject: audit } }, ${allow} }
  - { name: filed, auth: { jwt: { issuer: "https://filed.example.com", subject: robot, jwks: own.json } }, ${allow} }
  - name: entra
    auth: { jwt: { entra: { tenant: "${tenant}", applicationId: "${application}" }, jwks: own.json } }
    ${allow}
`,
  });
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  await provider.stop();
  rmSync(folder, { recursive: true });
});

const ask = async (token: string): Promise<number> => (await gateway.as(token).get('/Users', { count: 1 })).status;

describe('tokens of the provider', () => {
  test('R-027 one that was got by client credentials opens, through the metadata and keys that the issuer publishes', async () => {
    const reply = await gateway.as(await requestToken(provider.issuer, 'hr', audience)).get('/Users', { count: 1 });
    expect([reply.status, reply.body['totalResults']]).toEqual([200, 20]);
    expect(provider.asked.get('/.well-known/openid-configuration')).toBe(1);
    expect(provider.asked.get('/jwks')).toBe(1);
  });

  test('its rights are those of the client that it is', async () => {
    const reply = await gateway.as(await provider.token('audit', audience)).post('/Users', {});
    expect([reply.status, reply.headers.get('WWW-Authenticate')]).toEqual([403, expect.stringContaining('error="insufficient_scope"')]);
  });

  test.each([
    ['another client of the same issuer', 'stranger', audience],
    ['another audience', 'hr', 'https://scim.example.com/other'],
    ['the origin alone as audience', 'hr', 'https://scim.example.com'],
  ])('R-022 R-026 %s: 401 invalid_token, and where the right one is to be had', async (_case, client, meant) => {
    const reply = await gateway.as(await provider.token(client, meant)).get('/Users');
    expect([reply.status, reply.headers.get('WWW-Authenticate')]).toEqual([
      401,
      'Bearer realm="scim", error="invalid_token", resource_metadata="https://scim.example.com/.well-known/oauth-protected-resource/scim/v2"',
    ]);
  });

  test('a signature that was changed', async () => {
    const token = await provider.token('hr', audience);
    const [head, body, signature = ''] = token.split('.');
    const changed = `${signature[0] === 'A' ? 'B' : 'A'}${signature.slice(1)}`;
    expect(await ask(token)).toBe(200);
    expect(await ask([head, body, changed].join('.'))).toBe(401);
  });
});

type Claims = Readonly<Record<string, unknown>>;
interface Signing {
  readonly header?: Partial<JWTHeaderParameters>;
  readonly claims?: Claims;
  readonly key?: KeyObject;
}
const now = (): number => Math.floor(Date.now() / 1000);

const sign = (claims: Claims, header: JWTHeaderParameters, key: KeyObject = own.privateKey): Promise<string> =>
  new SignJWT(Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))).setProtectedHeader(header).sign(key);

describe('R-027 the rules of RFC 9068', () => {
  const make = ({ header, claims, key }: Signing = {}): Promise<string> =>
    sign(
      {
        iss: 'https://filed.example.com',
        aud: audience,
        sub: 'robot',
        client_id: 'any',
        iat: now(),
        exp: now() + 300,
        jti: 'x',
        ...claims,
      },
      { alg: 'RS256', typ: 'at+jwt', kid: 'own', ...header },
      key,
    );

  test('a token that keeps them opens', async () => expect(await ask(await make())).toBe(200));

  const good: readonly (readonly [what: string, signing: Signing])[] = [
    ['typ with its media type', { header: { typ: 'application/at+jwt' } }],
    ['typ in other letters', { header: { typ: 'AT+JWT' } }],
    ['one audience of several', { claims: { aud: ['https://elsewhere.example.com', audience] } }],
    ['another algorithm of the list', { header: { alg: 'PS256' } }],
    ['expired within the tolerance of clocks', { claims: { exp: now() - 5 } }],
    ['no kid where there is one key', { header: { kid: undefined as never } }],
  ];
  test.each(good)('%s: taken', async (_what, signing) => {
    expect(await ask(await make(signing))).toBe(200);
  });

  const bad: readonly (readonly [what: string, signing: Signing])[] = [
    ['an ID token: typ is JWT', { header: { typ: 'JWT' } }],
    ['no typ', { header: { typ: undefined as never } }],
    ['another key under the same kid', { key: foreign.privateKey }],
    ['a kid that nobody knows', { header: { kid: 'other' } }],
    ['a key that it brings along', { header: { jwk: foreign.publicKey.export({ format: 'jwk' }) as never }, key: foreign.privateKey }],
    ['a place where it has its key', { header: { jku: 'http://127.0.0.1:1/keys', x5u: 'http://127.0.0.1:1/x' }, key: foreign.privateKey }],
    ['an algorithm that is not in the list', { header: { alg: 'RS512' } }],
    ['an issuer with a slash too many', { claims: { iss: 'https://filed.example.com/' } }],
    ['an issuer in other letters', { claims: { iss: 'https://FILED.example.com' } }],
    ['an audience that begins the same', { claims: { aud: `${audience}/Users` } }],
    ['another subject', { claims: { sub: 'robot2' } }],
    ['a subject that is a list', { claims: { sub: ['robot'] } }],
    ['expired', { claims: { exp: now() - 60 } }],
    ['not yet valid', { claims: { nbf: now() + 300 } }],
    ['exp that is a text', { claims: { exp: String(now() + 300) } }],
    ['bound to a key', { claims: { cnf: { jkt: 'x' } } }],
    ['a critical extension that nobody knows', { header: { crit: ['x'], x: 1 } }],
    ...['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'].map(
      (name) => [`without ${name}`, { claims: { [name]: undefined } }] as const,
    ),
  ];
  test.each(bad)('%s: refused', async (_what, signing) => {
    const { header, claims, key } = signing;
    // jose does not sign a critical header that it does not know.
    const token = header?.crit
      ? await withHeader(await make({ ...(claims && { claims }), ...(key && { key }) }), header)
      : await make(signing);
    expect(await ask(token)).toBe(401);
  });

  const withHeader = async (token: string, header: object): Promise<string> => {
    const [, body, signature] = token.split('.');
    return [
      Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'at+jwt', kid: 'own', ...header })).toString('base64url'),
      body,
      signature,
    ].join('.');
  };

  test('none, and the public key as a shared secret', async () => {
    const claims = { sub: 'robot', client_id: 'any', jti: 'x' };
    const unsecured = new UnsecuredJWT(claims)
      .setIssuer('https://filed.example.com')
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime('5m')
      .encode();
    const pem = own.publicKey.export({ type: 'spki', format: 'pem' });
    const symmetric = await new SignJWT({ ...claims, iss: 'https://filed.example.com', aud: audience, iat: now(), exp: now() + 300 })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'own' })
      .sign(Buffer.from(pem));
    // Without a signature part it does not even look like a token.
    expect(await ask(unsecured)).toBe(401);
    expect(await ask(`${unsecured}AAAA`)).toBe(401);
    expect(await ask(symmetric)).toBe(401);
  });
});

describe('Microsoft Entra ID', () => {
  const provisioning = '8adf8e6e-67b2-4cf2-a259-e3dc5476c621';
  const versions: readonly (readonly [version: string, claims: Claims])[] = [
    ['1.0', { iss: `https://sts.windows.net/${tenant}/`, appid: application, ver: '1.0' }],
    ['2.0', { iss: `https://login.microsoftonline.com/${tenant}/v2.0`, azp: application, ver: '2.0' }],
  ];
  describe.each(versions)('version %s', (_version, ofVersion) => {
    const make = (claims: Claims = {}, header: Partial<JWTHeaderParameters> = {}): Promise<string> =>
      sign(
        { aud: provisioning, tid: tenant, iat: now(), nbf: now(), exp: now() + 300, sub: 'object', oid: 'object', ...ofVersion, ...claims },
        { alg: 'RS256', typ: 'JWT', kid: 'own', ...header },
      );

    test('with the audience that all tenants share', async () => expect(await ask(await make())).toBe(200));
    test('with the directory as audience', async () => expect(await ask(await make({ aud: audience }))).toBe(200));

    const elsewhere = '99999999-2222-3333-4444-555555555555';
    const bad: readonly (readonly [what: string, claims: Claims, header?: Partial<JWTHeaderParameters>])[] = [
      ['the issuer of another tenant', { iss: String(ofVersion['iss']).replace(tenant, elsewhere) }],
      ['tid of another tenant', { tid: elsewhere }],
      ['no tid', { tid: undefined }],
      ['another application', { appid: ofVersion['appid'] && elsewhere, azp: ofVersion['azp'] && elsewhere }],
      ['two applications', { appid: application, azp: elsewhere }],
      ['no application', { appid: undefined, azp: undefined }],
      ['another audience', { aud: elsewhere }],
      ['no exp', { exp: undefined }],
      ['typ of RFC 9068', {}, { typ: 'at+jwt' }],
    ];
    test.each(bad.map(([what, claims, header = {}]) => [what, claims, header] as const))('%s: refused', async (_what, claims, header) => {
      expect(await ask(await make(claims, header))).toBe(401);
    });
  });
});

describe('R-028 metadata of the protected resource', () => {
  const path = '/.well-known/oauth-protected-resource/scim/v2';

  test('name the resource and its authorization servers, to anybody', async () => {
    const answer = await fetch(gateway.url + path);
    expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, 'application/json']);
    expect(await answer.json()).toEqual({
      resource: audience,
      authorization_servers: [provider.issuer, 'https://filed.example.com', `https://login.microsoftonline.com/${tenant}/v2.0`],
      bearer_methods_supported: ['header'],
    });
  });

  test('a client that knows the base URL alone reaches a token that works', async () => {
    const refused = await fetch(`${gateway.url}/scim/v2/Users`);
    const challenge = refused.headers.get('WWW-Authenticate') ?? '';
    expect(challenge).toBe(`Bearer realm="scim", resource_metadata="https://scim.example.com${path}"`);
    const [, url = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
    const metadata = (await (await fetch(gateway.url + new URL(url).pathname)).json()) as {
      readonly resource: string;
      readonly authorization_servers: readonly string[];
    };
    expect(await ask(await requestToken(metadata.authorization_servers[0] ?? '', 'hr', metadata.resource))).toBe(200);
  });

  test('with one directory the path without a suffix leads there, too', async () => {
    expect(await (await fetch(`${gateway.url}/.well-known/oauth-protected-resource`)).json()).toMatchObject({ resource: audience });
  });

  test('are not there where no client has such tokens', async () => {
    const plain = await startGateway({ clients: '' });
    try {
      expect((await fetch(plain.url + path)).status).toBe(404);
      expect((await fetch(`${plain.url}/scim/v2/Users`)).headers.get('WWW-Authenticate')).toBe('Bearer realm="scim"');
    } finally {
      await plain.stop();
    }
  });
});

describe('what is no token of anybody', () => {
  test('20 KB are refused before anything is looked at', async () => {
    const answer = await fetch(`${gateway.url}/scim/v2/Users`, { headers: { Authorization: `Bearer ${'x'.repeat(20_000)}` } });
    expect(answer.status).toBe(431);
  });

  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  test.each([
    ['dots only', '..'],
    ['no JSON', 'abc.def.ghi'],
    ['JSON of other types', `${part([])}.${part('x')}.AAAA`],
    ['a header that nests deeply', `${Buffer.from('['.repeat(5000)).toString('base64url')}.${part({})}.AAAA`],
    ['names of every object', `${part({ alg: 'RS256' })}.${part({ iss: '__proto__', aud: 'constructor', sub: 'toString' })}.AAAA`],
    [
      '__proto__ as a claim',
      `${part({ alg: 'RS256', typ: 'at+jwt' })}.${Buffer.from('{"__proto__":{"iss":"https://filed.example.com","sub":"robot"}}').toString('base64url')}.AAAA`,
    ],
    ['five parts', 'a.b.c.d.e'],
    ['15 KB', `${part({ alg: 'RS256' })}.${part({ iss: 'x'.repeat(10_000) })}.AAAA`],
  ])('%s: 401', async (_case, token) => {
    expect(await ask(token)).toBe(401);
  });

  test('many at once fetch nothing and leave time for others', async () => {
    await ask(await provider.token('hr', audience));
    const before = provider.asked.get('/jwks');
    const nonsense = [part({ alg: 'RS256', typ: 'at+jwt', kid: 'x' }), part({ iss: 'https://nobody.example.com', sub: 'x' }), 'AAAA'].join(
      '.',
    );
    const started = performance.now();
    const statuses = await Promise.all(Array.from({ length: 300 }, () => ask(nonsense)));
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(provider.asked.get('/jwks')).toBe(before);
    // Whoever is known is not held up by those.
    expect(await ask(await provider.token('hr', audience))).toBe(200);
  });
});

test('a reload keeps the keys: tokens are good while the issuer is down, and a client that is gone has none', async () => {
  const short = await startProvider({ clients: ['hr'] });
  const client = (clientId: string): string =>
    `  - { name: hr, auth: { jwt: { issuer: "${short.issuer}", clientId: ${clientId}, audience: api } }, ${allow} }`;
  const running = await startGateway({ clients: client('hr') });
  try {
    const scim = running.as(await short.token('hr', 'api'));
    expect((await scim.get('/Users')).status).toBe(200);
    await short.stop();
    await running.reload({ clients: client('hr') });
    expect((await scim.get('/Users')).status).toBe(200);
    await running.reload({ clients: client('another') });
    expect((await scim.get('/Users')).status).toBe(401);
  } finally {
    await running.stop();
  }
});

describe('an issuer over TLS', () => {
  test('is trusted by its own authority, and by no other', async () => {
    const certificates = await makeCertificates(join(folder, 'issuer'), 'issuer', ['IP:127.0.0.1']);
    await makeCertificates(join(folder, 'other'), 'other', ['IP:127.0.0.1']);
    const secure = await startProvider({ clients: ['hr'], tls: certificates });
    const client = (ca: string): string =>
      `  - { name: hr, auth: { jwt: { issuer: "${secure.issuer}", clientId: hr, audience: api, ca: "${ca}" } }, ${allow} }`;
    const running = await startGateway({ folder, clients: client('issuer/ca.crt') });
    try {
      const token = await secure.token('hr', 'api');
      expect((await running.as(token).get('/Users')).status).toBe(200);
      await running.reload({ folder, clients: client('other/ca.crt') });
      const reply = await running.as(token).get('/Users');
      expect([reply.status, Number(reply.headers.get('Retry-After')) > 0]).toEqual([503, true]);
    } finally {
      await running.stop();
      await secure.stop();
    }
  }, 60_000);
});

describe('what the configuration must say', () => {
  const entra = `entra: { tenant: "${tenant}", applicationId: "${application}" }`;
  test.each([
    ['plain HTTP beyond loopback', 'issuer: "http://login.example.com", subject: x', '`issuer` must begin with https://'],
    [
      'keys over plain HTTP',
      'issuer: "https://a.example.com", subject: x, jwksUri: "http://a.example.com/keys"',
      '`jwksUri` must begin with https://',
    ],
    ['nobody in particular', 'issuer: "https://a.example.com"', '`jwt` needs `clientId`, `subject` or both'],
    ['no issuer', 'subject: x', '`jwt` needs either `issuer` or `entra`'],
    ['two issuers', `issuer: "https://a.example.com", subject: x, ${entra}`, '`jwt` needs either `issuer` or `entra`'],
    ['a subject of Entra ID', `subject: x, ${entra}`, '`jwt` must not have `clientId` or `subject` beside `entra`'],
    ['no application', `entra: { tenant: "${tenant}" }`, '`entra` needs the key `applicationId`'],
    ['a tenant by name', `entra: { tenant: contoso, applicationId: "${application}" }`, '`tenant` must be a GUID'],
    ['no signature', 'issuer: "https://a.example.com", subject: x, algorithms: [none]', '`algorithms` must be one of RS256'],
    ['a shared secret', 'issuer: "https://a.example.com", subject: x, algorithms: [HS256]', '`algorithms` must be one of RS256'],
    ['a file that is not there', 'issuer: "https://a.example.com", subject: x, jwks: lost.json', 'cannot be read: there is no such file'],
    ['a file of something else', 'issuer: "https://a.example.com", subject: x, jwks: callers.json', 'holds no JSON Web Key Set'],
    ['a file with a shared secret', 'issuer: "https://a.example.com", subject: x, jwks: shared.json', 'holds a symmetric key'],
    ['a file with private keys', 'issuer: "https://a.example.com", subject: x, jwks: private.json', 'holds a private key'],
  ])('%s', async (_case, jwt, expected) => {
    writeFileSync(join(folder, 'callers.json'), '{}');
    writeFileSync(join(folder, 'shared.json'), JSON.stringify({ keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }));
    writeFileSync(join(folder, 'private.json'), JSON.stringify({ keys: [await exportJWK(own.privateKey)] }));
    const load = () => configure(gateway.directory, 1, { folder, clients: `  - { name: a, auth: { jwt: { ${jwt} } }, ${allow} }` });
    expect(load).toThrow(expected);
    expect(load).toThrow(/callers\.yaml:\d+:\d+ /);
  });

  const issuer = 'issuer: "https://a.example.com"';
  const both = (a: string, b: string): string =>
    `  - { name: a, auth: { jwt: { ${issuer}, ${a} } }, ${allow} }\n  - { name: b, auth: { jwt: { ${issuer}, ${b} } }, ${allow} }`;
  test.each([
    ['the same subject', 'subject: x', 'subject: x', 'lets both have the same access tokens'],
    ['a subject and a client id', 'subject: x', 'clientId: y', 'lets both have the same access tokens'],
    ['one that says more', 'subject: x', 'subject: x, clientId: y', 'lets both have the same access tokens'],
    ['other keys', 'subject: x', 'subject: y, jwksUri: "https://a.example.com/keys"', 'has the same issuer, and other keys'],
  ])('two clients that one token could be are refused: %s', (_case, a, b, expected) => {
    expect(() => configure(gateway.directory, 1, { clients: both(a, b) })).toThrow(expected);
  });

  test.each([
    ['other subjects', 'subject: x', 'subject: y'],
    ['other client ids', 'clientId: x, subject: z', 'clientId: y'],
    ['other audiences', 'subject: x, audience: one', 'subject: x, audience: [two, three]'],
  ])('two clients may share an issuer: %s', (_case, a, b) => {
    expect(configure(gateway.directory, 1, { clients: both(a, b) }).clients).toHaveLength(3);
  });
});
