// What is explained is what is executed: the same request, explained and then sent, on the embedded directory and on slapd.
// Decisions, "Writes": explain is prepare and plan. RFC 2849 for what is printed.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { explain, explainRequest, type ScimRequest } from '../../src/commands/explain.ts';
import { describeExplanation } from '../../src/commands/explanation.ts';
import { recordOf } from '../../src/gateway/explain.ts';
import type { Step } from '../../src/gateway/plan.ts';
import { formatDn } from '../../src/ldap/dn.ts';
import { formatFilter, parseFilter } from '../../src/ldap/filter.ts';
import type { Operation } from '../../src/demo/request.ts';
import { asMembers, newGroup, newName, newUser, urn } from '../directory/scim-client.ts';
import { searchesAmong, writesAmong } from '../directory/wire.ts';
import { type Bench, capture, openBench } from './bench.ts';

const run = promisify(execFile);
const base64 = (values: readonly (string | Buffer)[]): readonly string[] =>
  values.map((value) => Buffer.from(value as string).toString('base64'));
const patchBody = (...operations: readonly unknown[]): string => JSON.stringify({ schemas: [urn.patch], Operations: operations });
const ask = (method: string, target: string, body?: string, headers: Readonly<Record<string, string>> = {}): ScimRequest => ({
  method,
  target,
  headers,
  body,
});

/** An operation as it went over the wire, and a step as it was explained, in one form. */
function sent(operation: Operation): unknown {
  switch (operation.kind) {
    case 'add':
      return { ...operation, attributes: operation.attributes.map(({ description, values }) => [description, base64(values)]) };
    case 'modify':
      return {
        ...operation,
        modifications: operation.modifications.map(({ operation: kind, description, values }) => [kind, description, base64(values)]),
      };
    case 'modifyDn':
      return { kind: 'modifyDn', dn: operation.dn, newRdn: operation.newRdn, deleteOldRdn: operation.deleteOldRdn };
    case 'extended':
      return { kind: 'extended', octets: String(operation.value) };
    default:
      return operation;
  }
}

function explained(step: Step): unknown {
  const record = recordOf(step);
  switch (record?.changetype) {
    case 'add':
      return { kind: 'add', dn: record.dn, attributes: [...record.attributes].map(([name, values]) => [name, base64(values)]) };
    case 'modify':
      return {
        kind: 'modify',
        dn: record.dn,
        modifications: record.changes.map(({ operation, attribute, values }) => [operation, attribute, base64(values)]),
      };
    case 'modrdn':
      return { kind: 'modifyDn', dn: record.dn, newRdn: record.newRdn, deleteOldRdn: record.deleteOldRdn };
    case 'delete':
      return { kind: 'delete', dn: record.dn };
    case undefined:
      return {
        kind: 'extended',
        octets: step.kind === 'setPassword' ? expect.stringMatching(new RegExp(`${formatDn(step.dn)}.*${step.password}`, 's')) : undefined,
      };
  }
}

/** Explains, then executes; both must come to the same writes, and the explanation must know the answer. */
async function compare({ config, wire, scim }: Bench, request: ScimRequest, extraWrites = 0) {
  let explanation: Awaited<ReturnType<typeof explainRequest>> | undefined;
  const before = await wire.during(async () => {
    explanation = await explainRequest(config, request, { client: 'full' });
  });
  expect(writesAmong(before)).toEqual([]);
  if (!explanation) throw new Error('explained');
  const description = describeExplanation(explanation);
  let status = 0;
  let id = '';
  const after = await wire.during(async () => {
    ({ status, id } = await scim.send(request.method, request.target, request.body, request.headers));
  });
  const writes = writesAmong(after).map(sent);
  expect(writes.slice(0, writes.length - extraWrites)).toEqual(
    (explanation.observation.plans.at(-1)?.steps ?? []).map(({ step }) => explained(step)),
  );
  expect(description.answer.status).toBe(status);
  // Every read that was explained was done; more only to answer from what was written.
  const searches = searchesAmong(after).map(
    ({ base, scope, filter }) => `${base} ${scope} ${formatFilter(parseFilter(formatFilter(filter)))}`,
  );
  for (const { base, scope, filter } of description.reads) expect(searches).toContain(`${base} ${scope} ${filter}`);
  return { ...description, id, status };
}

describe.each(['demo', 'slapd'] as const)('explained and executed on %s', (kind) => {
  let bench: Bench;
  const made = async (endpoint: string, body: unknown): Promise<string> => (await bench.scim.post(endpoint, body)).id;
  beforeAll(async () => {
    bench = await openBench(kind);
  });
  afterAll(() => bench.stop());

  test('a user is created with a password', async () => {
    const { status, plan } = await compare(
      bench,
      ask('POST', '/Users', JSON.stringify(newUser({ title: 'Größe', password: 'correct-horse' }))),
    );
    expect(status).toBe(201);
    expect(plan?.map((step) => step.kind)).toEqual(['add', 'setPassword']);
    expect(JSON.stringify(plan)).not.toContain('correct-horse');
    expect(plan?.[0]?.ldif).toContain('# Größe\ntitle:: R3LDtsOfZQ==');
  });

  test('a group is created, empty and with members', async () => {
    const member = await made('/Users', newUser());
    const empty = await compare(bench, ask('POST', '/Groups', JSON.stringify(newGroup())));
    expect(empty.plan?.[0]?.ldif).toContain(`member: cn=nobody,${bench.suffix}`);
    await compare(bench, ask('POST', '/Groups', JSON.stringify(newGroup({ members: asMembers(member) }))));
  });

  test('a patch of many attributes is one modification, each with the operation that it comes from', async () => {
    const boss = await made('/Users', newUser());
    const id = await made('/Users', newUser({ title: 'Clerk', emails: [{ type: 'work', value: 'a@example.com' }] }));
    const body = patchBody(
      { op: 'replace', path: 'active', value: false },
      { op: 'replace', value: { title: 'Head', shoeSize: 44, 'name.formatted': 'ignored' } },
      { op: 'add', path: 'emails', value: [{ type: 'work', value: 'b@example.com' }] },
      { op: 'add', path: `${urn.enterprise}:manager`, value: { value: boss } },
    );
    const { plan, ignored, guards, status } = await compare(bench, ask('PATCH', `/Users/${id}`, body));
    expect(status).toBe(200);
    expect(plan).toHaveLength(1);
    const ldif = plan?.[0]?.ldif ?? '';
    expect(ldif).toContain('# op 2: title\nreplace: title\ntitle: Head\n-');
    expect(ldif).toContain('# op 1: active, compare-and-set\ndelete: employeeType\nemployeeType: active\n-');
    expect(ldif).toContain('# op 3: emails\nadd: mail\nmail: b@example.com\n-');
    expect(ldif).toContain('# op 4: ');
    expect(ignored.map(({ path }) => path)).toEqual(['shoeSize', 'name.formatted']);
    expect(guards.map(({ allowed }) => allowed)).toEqual([true]);
    const again = await compare(bench, ask('PATCH', `/Users/${id}`, body));
    expect(again.plan).toEqual([]);
  });

  test('a replacement clears what it leaves out', async () => {
    const user = newUser();
    const id = await made('/Users', { ...user, title: 'Clerk', preferredLanguage: 'de' });
    const { plan } = await compare(bench, ask('PUT', `/Users/${id}`, JSON.stringify({ ...user, preferredLanguage: 'en' })));
    expect(plan?.[0]?.ldif).toContain('# title\nreplace: title\n-');
  });

  test('a rename, with the group and the report that name the entry', async () => {
    const id = await made('/Users', newUser());
    await made('/Groups', newGroup({ members: asMembers(id) }));
    await made('/Users', newUser({ [urn.enterprise]: { manager: { value: id } } }));
    const body = patchBody({ op: 'replace', path: 'userName', value: newName('renamed') });
    const { plan } = await compare(bench, ask('PATCH', `/Users/${id}`, body));
    expect(plan?.map((step) => step.kind).filter((step) => step !== 'modify')).toEqual(['rename', 'relink', 'relink']);
  });

  test('members come, with the placeholder going, and go', async () => {
    const [a, b] = [await made('/Users', newUser()), await made('/Users', newUser())];
    const id = await made('/Groups', newGroup());
    const path = `/Groups/${id}`;
    const added = await compare(bench, ask('PATCH', path, patchBody({ op: 'add', path: 'members', value: asMembers(a, b) })));
    expect(added.plan?.[0]?.ldif).toContain(`delete: member\nmember: cn=nobody,${bench.suffix}`);
    await compare(bench, ask('PATCH', path, patchBody({ op: 'remove', path: `members[value eq "${a}"]` })));
    // Only the directory knows that this is the last one: it refuses, and the second attempt brings the placeholder.
    const last = await compare(bench, ask('PATCH', path, patchBody({ op: 'remove', path: `members[value eq "${b}"]` })), 1);
    expect(last.plan?.[0]?.ldif).toContain('if nobody is left');
    expect(last.status).toBe(204);
  });

  test('a password alone', async () => {
    const id = await made('/Users', newUser());
    const { plan } = await compare(
      bench,
      ask('PATCH', `/Users/${id}`, patchBody({ op: 'replace', path: 'password', value: 'correct-horse' })),
    );
    expect(plan?.map((step) => step.kind)).toEqual(['setPassword']);
    expect(plan?.[0]?.ldif).toContain('# new password: ***');
  });

  test('a change under If-Match is conditional in the directory too', async () => {
    const { id, etag } = await bench.scim.post('/Users', newUser());
    const body = patchBody({ op: 'replace', path: 'title', value: 'Head' });
    const { plan } = await compare(bench, ask('PATCH', `/Users/${id}`, body, { 'If-Match': etag }));
    expect(plan?.[0]?.ldif).toMatch(/^# only if \(entryCSN=.*\) \(assertion control, RFC 4528\)/m);
    const stale = await compare(bench, ask('PATCH', `/Users/${id}`, body, { 'If-Match': etag }));
    expect([stale.status, stale.plan]).toEqual([412, undefined]);
  });

  test('a delete, with the group that names the entry', async () => {
    const id = await made('/Users', newUser());
    const other = await made('/Users', newUser());
    await made('/Groups', newGroup({ members: asMembers(id, other) }));
    const { status, plan } = await compare(bench, ask('DELETE', `/Users/${id}`));
    expect(status).toBe(204);
    expect(plan?.map((step) => step.kind)).toEqual(['delete', 'relink']);
    expect((await compare(bench, ask('DELETE', `/Users/${id}`))).status).toBe(404);
  });

  test('what is refused comes to no plan', async () => {
    const user = newUser();
    await made('/Users', user);
    const taken = await compare(bench, ask('POST', '/Users', JSON.stringify(user)));
    expect([taken.status, taken.plan]).toEqual([409, undefined]);
    const keeper = await made('/Users', newUser({ userName: 'keeper' }));
    // What is protected by its DN cannot even be created.
    expect(keeper).toBe('undefined');
    const guarded = await compare(bench, ask('POST', '/Users', JSON.stringify(newUser({ userName: 'keeper' }))));
    expect(guarded.guards).toEqual([
      { dn: `uid=keeper,ou=people,${bench.suffix}`, allowed: false, refusedBy: `protect: uid=keeper,ou=people,${bench.suffix} (base)` },
    ]);
    expect([guarded.status, guarded.plan]).toEqual([403, undefined]);
  });

  test('a query says what the directory decides', async () => {
    const filter = encodeURIComponent('userName eq "nobody-at-all" and title co "a" and active eq false');
    const { filter: parts, status } = await compare(bench, ask('GET', `/Users?filter=${filter}&sortBy=title`));
    expect(status).toBe(200);
    expect(parts.map(({ scim }) => scim)).toEqual(['userName eq "nobody-at-all"', 'title co "a"', 'active eq false']);
    expect(parts[0]?.ldap).toContain('(uid=nobody-at-all)');
    expect(parts[1]).toEqual({ scim: 'title co "a"', ldap: '(title=*a*)', exact: false });
    expect(parts[2]).toEqual({ scim: 'active eq false', ldap: '(employeeType=disabled)', exact: true });
  });
});

describe('the command', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench('demo');
    process.env['LDAP_PASSWORD'] = bench.password;
    await bench.scim.post('/Users', newUser({ userName: 'ann', title: 'Clerk' }));
  });
  afterAll(() => bench.stop());
  const command = (values: Readonly<Record<string, unknown>>, ...positionals: readonly string[]) =>
    capture(() => explain.run({ config: bench.file, ...values }, positionals));

  test('prints reads, plan and answer for people', async () => {
    const { out, code } = await command({ data: JSON.stringify(newUser({ userName: 'cy' })) }, 'POST /Users');
    expect(code).toBe(0);
    expect(out).toContain('request     POST /scim/v2/Users');
    expect(out).toMatch(/^plan {8}1 LDAP write, no rename$/m);
    expect(out).toContain(`  dn: uid=cy,ou=people,${bench.suffix}\n  changetype: add\n`);
    expect(out).toMatch(/^guards {6}uid=cy,.*: allowed$/m);
    expect(out).toMatch(/^answer {6}201 if the directory accepts it$/m);
  });

  test('takes filters as typed, absolute paths and a body from a file', async () => {
    const list = await command({ json: true }, 'GET /Users?filter=userName eq "ann" and title co "ler"&attributes=userName');
    const { answer } = JSON.parse(list.out) as { answer: { body: { totalResults: number; Resources: { id: string }[] } } };
    expect(answer.body.totalResults).toBe(1);
    const file = `${bench.file}.json`;
    await writeFile(file, patchBody({ op: 'replace', path: 'title', value: 'Head' }));
    const patch = await command({ data: `@${file}` }, 'patch', `/scim/v2/Users/${answer.body.Resources[0]?.id}`);
    expect(patch.out).toContain('# op 1: title\n  replace: title\n  title: Head');
    expect(patch.code).toBe(0);
  });

  test('a client that may not do it is refused, and the exit code says so', async () => {
    const { out, code } = await command({ client: 'reader', data: '{}' }, 'POST /Users');
    expect(code).toBe(1);
    expect(out).toContain('as          reader, dialect strict, directory main');
    expect(out).toMatch(/^answer {6}403$/m);
    expect(out).toContain('none: the request is refused');
  });

  test.each([
    ['no request', {}, []],
    ['no path', {}, ['PATCH']],
    ['an unknown method', {}, ['BREW /Users']],
    ['an unknown client', { client: 'nobody' }, ['GET /Users']],
    ['an unknown directory', { directory: 'nowhere' }, ['GET /Users']],
    ['a body for GET', { data: '{}' }, ['GET /Users']],
    ['a file that is not there', { data: '@/no/such/file' }, ['POST /Users']],
    ['a credential', { header: ['Authorization: Bearer x'] }, ['GET /Users']],
  ])('%s is unusable input', async (_, values, positionals) => {
    await expect(command(values, ...positionals)).rejects.toMatchObject({ name: 'UsageError' });
  });

  test('a directory that is down is a refusal with its reason', async () => {
    const { out, code } = await command({ set: ['directories.main.servers=["ldap://127.0.0.1:1"]'] }, 'GET /Users');
    expect(code).toBe(1);
    expect(out).toMatch(/^answer {6}503$/m);
    expect(out).toMatch(/^reason {6}.*ECONNREFUSED/m);
  });

  test('as a process of its own: output, exit codes 0, 1 and 2', async () => {
    const env = { ...process.env, LDAP_PASSWORD: bench.password };
    const start = (...args: readonly string[]) =>
      run(process.execPath, ['src/cli.ts', ...args], { env }).then(
        ({ stdout }) => ({ code: 0, text: stdout }),
        (error: { code: number; stdout: string; stderr: string }) => ({ code: error.code, text: error.stdout + error.stderr }),
      );
    const [fine, refused, unusable, help] = await Promise.all([
      start('explain', '--config', bench.file, 'GET /Users?count=0'),
      start('explain', '--config', bench.file, '--client', 'reader', 'GET /Groups'),
      start('explain', '--config', bench.file, '--client', 'nobody', 'GET /Users'),
      start('explain', '--help'),
    ]);
    expect(fine).toMatchObject({ code: 0, text: expect.stringMatching(/^answer {6}200, 1 resource/m) });
    expect(refused).toMatchObject({ code: 1, text: expect.stringMatching(/^answer {6}404$/m) });
    expect(unusable).toMatchObject({ code: 2, text: expect.stringContaining('There is no client nobody; there is full, reader') });
    expect(help.text).toContain('nothing is written');
  });
});
