// Why something failed, over a real slapd whose texts these are: one line each that says what, where, and what to do, and no value.
// R-211, R-223; RFC 4511 appendix A.2.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { runJournal } from '../../src/commands/journal.ts';
import { loadConfig } from '../../src/config.ts';
import { capture } from '../commands/bench.ts';
import { type Slapd, startSlapd } from '../servers/slapd.ts';
import { asMembers, type Body, newGroup, newUser, type Reply, ScimClient, urn } from './scim-client.ts';

const token = 'token-of-the-failures';
const password = 'Correct-Horse-7';
const bystander = 'Zebedee';

let slapd: Slapd;
let app: App;
let folder: string;
let file: string;
let scim: ScimClient;
let nowhere: ScimClient;
let reader: ScimClient;

beforeAll(async () => {
  const suffix = 'dc=example,dc=test';
  slapd = await startSlapd({
    suffix,
    overlays: ['ppolicy', 'unique'],
    global: 'moduleload constraint',
    config: 'overlay constraint\nconstraint_attribute title size 10\nconstraint_attribute employeeNumber regex ^[0-9]*$',
    access: [
      `limits dn.exact="cn=gateway,${suffix}" size.soft=500 size.hard=500 size.prtotal=unlimited`,
      `access to attrs=departmentNumber by dn.exact="cn=gateway,${suffix}" read by * none`,
      `access to attrs=userPassword by dn.exact="cn=gateway,${suffix}" write by anonymous auth by * none`,
      `access to * by dn.exact="cn=gateway,${suffix}" write by * none`,
    ].join('\n'),
  });
  folder = mkdtempSync(join(tmpdir(), 'failures-'));
  file = join(folder, 'journal.jsonl');
  writeFileSync(
    join(folder, 'nowhere.yaml'),
    'extends: openldap\nresources:\n  User:\n    create: { placement: [{ base: "ou=missing,ou=people,{baseDn}" }] }\n    attributes:\n      nickName: noSuchAttribute\n',
  );
  const directory = (path: string, mapping: string): string =>
    `{ path: ${path}, type: openldap, servers: ["${slapd.url}"], bind: { dn: "${slapd.gatewayDn}", password: { env: PW } }, baseDn: "${suffix}", mapping: ${mapping} }`;
  const client = (name: string, secret: string, to: string, operations = 'read, create, update, delete'): string =>
    `  - { name: ${name}, dialect: strict, auth: { token: { sha256: "${createHash('sha256').update(secret).digest('hex')}", expires: never } }, allow: { directory: ${to}, resources: [User, Group], operations: [${operations}] } }`;
  const text = `server: { listen: "127.0.0.1:0", publicUrl: "http://127.0.0.1:8080" }
directories:
  main: ${directory('/scim/v2', 'openldap')}
  nowhere: ${directory('/nowhere', 'nowhere.yaml')}
clients:
${client('okta', token, 'main')}
${client('reader', `${token}-2`, 'main', 'read')}
${client('other', `${token}-3`, 'nowhere')}
guards:
  protect: ["uid=keeper,ou=people,${suffix}"]
  limits: [{ operation: deactivate, perHour: 1, atLeast: 1, then: reject }]
audit: { file: journal.jsonl }
`;
  app = createApp(loadConfig(join(folder, 'config.yaml'), { env: { PW: slapd.gatewayPassword }, text }));
  const { url } = await app.start();
  scim = new ScimClient(`${url}/scim/v2`, token);
  reader = new ScimClient(`${url}/scim/v2`, `${token}-2`);
  nowhere = new ScimClient(`${url}/nowhere`, `${token}-3`);
}, 120_000);

afterAll(async () => {
  await app?.stop();
  await slapd?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What `journal --failed` says of an answer. */
async function explain(reply: Reply): Promise<string> {
  const request = reply.headers.get('X-Request-Id') ?? '';
  await expect.poll(() => readFileSync(file, 'utf8'), { timeout: 20_000 }).toContain(request);
  const { out, code } = await capture(() => runJournal({ file, failed: true, text: true, request }));
  expect(code).toBe(0);
  return out;
}

const person = (more: Body = {}): Body => newUser({ name: { givenName: bystander, familyName: bystander }, ...more });
const replace = (path: string, value: unknown) => [{ op: 'replace', path, value }];

const cases: readonly (readonly [name: string, status: number, attempt: () => Promise<Reply>, expected: RegExp])[] = [
  [
    'a userName that is taken',
    409,
    async () => {
      const user = person();
      await scim.post('/Users', user);
      return scim.post('/Users', user);
    },
    /create User #[0-9a-f]{16} by okta failed: Another User has this userName already; attribute userName \(LDAP uid\), rule at \S+openldap\.yaml:\d+; answered 409 uniqueness; to do: find the other entry/,
  ],
  [
    'a mail address that is taken, which only the server knows',
    409,
    async () => {
      const emails = [{ value: `${bystander}@example.test`, type: 'work' }];
      await scim.post('/Users', person({ emails }));
      return scim.post('/Users', person({ emails }));
    },
    /another entry has this value already; attribute emails\S* .*\(LDAP mail\), rule at \S+; LDAP constraintViolation \(19\), the server says: non-unique attributes found with \(&\(objectClass=…\)\(\|\(mail=…\)\)\); answered 409 uniqueness/,
  ],
  [
    'a password that is too short',
    400,
    () => scim.post('/Users', person({ password: 'Q7x' })),
    /failed: the password is too short; attribute password \(LDAP userPassword\), rule at \S+; LDAP constraintViolation \(19\).*to do: let the client send a stronger password/,
  ],
  [
    'a value that is too long for a constraint',
    400,
    () => scim.post('/Users', person({ title: `${bystander} the Magnificent` })),
    /a value is against a constraint of the directory; attribute title \(LDAP title\), rule at \S+:\d+; LDAP constraintViolation \(19\), the server says: add breaks constraint on title/,
  ],
  [
    'an attribute that the account may not write',
    403,
    async () => {
      const { id } = await scim.post('/Users', person());
      return scim.patch(`/Users/${id}`, replace(`${urn.enterprise}:department`, bystander));
    },
    /the account of the gateway may not do this; attribute enterprise:department \(LDAP departmentNumber\), rule at \S+; LDAP insufficientAccessRights \(50\).*`rights` prints what it needs/,
  ],
  [
    'an entry without what its class needs',
    400,
    async () => {
      const { id } = await scim.post('/Users', person());
      return scim.put(`/Users/${id}`, { schemas: [urn.user], userName: `put-${id}` });
    },
    /against the schema.*attribute name\.familyName \(LDAP sn\).*LDAP objectClassViolation \(65\), the server says: object class 'inetOrgPerson' requires attribute 'sn'/,
  ],
  [
    'a value of the wrong syntax',
    400,
    () => scim.post('/Users', person({ phoneNumbers: [{ type: 'work', value: `${bystander} ☎` }] })),
    /does not have the form that the directory wants; attribute phoneNumbers\[type eq "work"\]\.value \(LDAP telephoneNumber\), rule at \S+; LDAP invalidAttributeSyntax \(21\)/,
  ],
  [
    'a protected entry',
    403,
    () => scim.post('/Users', person({ userName: 'keeper' })),
    /the entry is protected, and the gateway does not write it: it is listed under guards\.protect; .*to do: .*change `guards`/,
  ],
  [
    'a limit',
    429,
    async () => {
      const ids = [await scim.post('/Users', person()), await scim.post('/Users', person())].map(({ id }) => id);
      await scim.patch(`/Users/${ids[0]}`, replace('active', false));
      return scim.patch(`/Users/${ids[1]}`, replace('active', false));
    },
    /The gateway allows 1 deactivations within an hour.*answered 429; to do: .*guards\.limits/,
  ],
  [
    'a member that does not exist',
    400,
    () => scim.post('/Groups', newGroup({ members: asMembers('6a1d7a52-0000-4000-8000-000000000002') })),
    /create Group .* members names a resource that does not exist.*attribute members \(LDAP member\), rule at \S+; .*provision the resource that is named first/,
  ],
  [
    'a manager that does not exist',
    400,
    () => scim.post('/Users', person({ [urn.enterprise]: { manager: { value: '6a1d7a52-0000-4000-8000-000000000002' } } })),
    /attribute enterprise:manager \(LDAP manager\), rule at/,
  ],
  [
    'a value that the schema of SCIM does not take',
    400,
    () => scim.post('/Users', person({ active: bystander })),
    /"active" must be true or false; attribute active .*answered 400 invalidValue; to do: correct the value at the client/,
  ],
  [
    'an attribute that nobody mapped',
    400,
    () => scim.post('/Users', person({ nickName: bystander })),
    /"nickName" is not supported here; answered 400/,
  ],
  [
    'an attribute that cannot be written',
    400,
    async () => {
      const { id } = await scim.post('/Users', person());
      return scim.patch(`/Users/${id}`, replace('id', 'x'));
    },
    /id is read-only; answered 400 mutability; to do: let the client leave the attribute alone/,
  ],
  [
    'a resource that is not there',
    404,
    () => scim.patch('/Users/6a1d7a52-0000-4000-8000-000000000002', replace('title', 'x')),
    /update User \(6a1d7a52-0000-4000-8000-000000000002\) by okta failed: there is no such resource, or it is outside the scope/,
  ],
  [
    'a version that has changed',
    412,
    async () => {
      const { id } = await scim.post('/Users', person());
      return scim.send('DELETE', `/Users/${id}`, undefined, { 'If-Match': 'W/"old"' });
    },
    /delete User #[0-9a-f]{16} \([-0-9a-f]{36}\) by okta failed: the resource was changed by somebody else meanwhile/,
  ],
  ['a client that may not', 403, () => reader.post('/Users', person()), /by reader failed: .*extend clients\.allow/],
  [
    'a place for entries that is missing',
    500,
    () => nowhere.post('/Users', person()),
    /the place for new entries does not exist.*LDAP noSuchObject \(32\)/,
  ],
  [
    'an attribute that the server does not know',
    500,
    async () => {
      const { id } = await scim.post('/Users', person());
      return nowhere.patch(`/Users/${id}`, replace('nickName', bystander));
    },
    /the directory does not know the attribute; attribute nickName \(LDAP noSuchAttribute\), rule at \S+nowhere\.yaml:6; LDAP undefinedAttributeType \(17\)/,
  ],
  [
    'a token that nobody knows',
    401,
    () => new ScimClient(scim.base, 'somebody').get('/Users'),
    /GET by nobody failed: the caller is not known/,
  ],
];

test.each(cases)('%s', { timeout: 60_000 }, async (_name, status, attempt, expected) => {
  const reply = await attempt();
  expect([reply.status, reply.body]).toEqual([status, expect.anything()]);
  const line = await explain(reply);
  expect(line).toMatch(expected);
  expect(line.split('\n')).toHaveLength(1);
});

test('the directory is down', { timeout: 60_000 }, async () => {
  const { id } = await scim.post('/Users', person({ password }));
  await slapd.kill();
  await expect.poll(async () => (await scim.patch(`/Users/${id}`, replace('title', 'x'))).status, { timeout: 30_000 }).toBe(503);
  const line = await explain(await scim.patch(`/Users/${id}`, replace('title', 'x')));
  expect(line).toMatch(/the directory (?:cannot be reached: \S|did not answer)|the connection broke/);
  expect(line).toMatch(/answered 503; to do: /);
});

test('no value, name, DN or credential is in the journal', () => {
  const text = readFileSync(file, 'utf8');
  expect(text.split('\n').length).toBeGreaterThan(20);
  for (const secret of [bystander, password, 'Q7x', token, slapd.gatewayPassword, slapd.suffix, 'user-'])
    expect(text.toLowerCase()).not.toContain(secret === 'gateway' ? `"${secret}"` : secret.toLowerCase());
});
