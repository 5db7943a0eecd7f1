// Text that is syntax somewhere else: LDAP filters and DNs, templates, headers, JavaScript's prototypes, paths of files and of URLs.
// RFC 4514, RFC 4515, RFC 9110 section 5.5, RFC 3986 section 6.2.2.
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embedded } from '../directory/faces.ts';
import { asMembers, type Body, idsIn, newGroup, newName, newUser, ScimClient, urn, valueOf } from '../directory/scim-client.ts';
import { openStage, type Stage } from '../directory/stage.ts';
import { talk } from '../http/raw-socket.ts';
import { bulk, openBeside } from './beside.ts';

let stage: Stage;
let scim: ScimClient;
let bystander: string;
let untouched: unknown;
beforeAll(async () => {
  stage = await openStage(embedded);
  ({ scim } = stage);
  bystander = (await scim.post('/Users', newUser({ externalId: 'bystander', emails: [{ type: 'work', value: 'bystander@example.com' }] })))
    .id;
  untouched = await stage.look.snapshot(bystander);
});
afterAll(async () => {
  await stage?.stop();
});

const syntax: readonly string[] = [
  '*',
  'by*er',
  '*)(objectClass=*',
  ')(|(uid=*',
  'x)(!(uid=x',
  '(&)',
  String.raw`\2a`,
  String.raw`\28\29`,
  '\\',
  '"',
  ',ou=groups',
  '+cn=admins',
  '#04024869',
  '<SID=S-1-5-32-544>',
  "' or '1'='1",
  '" or userName pr or userName eq "',
  '{userName}',
  '{userName | lower}',
  '${jndi:ldap://127.0.0.1:1/x}',
  '../../etc/passwd',
  '<script>alert(1)</script>',
  '-- ; DROP TABLE holds',
  'dn:: Y249YWRtaW4=',
];

describe('text with syntax of LDAP and of templates', () => {
  test('is in a filter, with every operator, on attributes of every kind: it finds nobody', async () => {
    for (const text of syntax) {
      for (const attribute of ['userName', 'displayName', 'name.familyName', 'externalId', 'emails.value', 'emails', 'id', 'title']) {
        for (const operator of ['eq', 'sw', 'ew', 'co']) {
          const filter = `${attribute} ${operator} ${JSON.stringify(text)}`;
          const { status, body } = await scim.get('/Users', { filter });
          expect([filter, status, body['totalResults']]).toEqual([filter, 200, 0]);
        }
      }
    }
  }, 60_000);

  test('is an id in a path, a member, a manager, a cursor, an attribute to sort by: it names nothing', async () => {
    const group = await scim.post('/Groups', newGroup({ members: asMembers(bystander) }));
    for (const text of syntax) {
      const path = `/Users/${encodeURIComponent(text)}`;
      expect([text, (await scim.get(path)).status, (await scim.delete(path)).status]).toEqual([text, 404, 404]);
      const manager = newUser({ [urn.enterprise]: { manager: { value: text } } });
      expect([text, (await scim.post('/Users', manager)).status]).toEqual([text, 400]);
      expect([text, (await scim.patch(`/Groups/${group.id}`, [{ op: 'add', path: 'members', value: asMembers(text) }])).status]).toEqual([
        text,
        400,
      ]);
      await scim.patch(`/Groups/${group.id}`, [{ op: 'remove', path: 'members', value: asMembers(text) }]);
      await scim.patch(`/Groups/${group.id}`, [{ op: 'remove', path: `members[value eq ${JSON.stringify(text)}]` }]);
      for (const query of [{ cursor: text }, { sortBy: text }, { filter: text }, { startIndex: text }])
        expect([query, (await scim.get('/Users', query)).status]).toEqual([query, 400]);
      expect((await scim.get('/Users', { attributes: text })).status).toBeLessThan(500);
    }
    expect(idsIn((await scim.get(`/Groups/${group.id}`)).body)).toEqual([bystander]);
    expect(await stage.look.snapshot(bystander)).toEqual(untouched);
  }, 60_000);

  test('is a value, a name of an entry, or goes through a template: it is stored as it is, in one entry of that name', async () => {
    for (const text of syntax) {
      const userName = `${newName()}${text}`;
      const values = { userName, displayName: text, title: text, externalId: text, name: { givenName: text, familyName: text } };
      const made = await scim.post('/Users', newUser(values));
      expect([text, made.status, made.body]).toMatchObject([text, 201, values]);
      expect((await stage.look.find('uid', userName)).map((entry) => entry.texts('uid'))).toEqual([[userName]]);
      const group = await scim.post('/Groups', newGroup({ displayName: `${newName()}${text}`, members: asMembers(made.id) }));
      expect([text, group.status, valueOf((await scim.get(`/Users/${made.id}`)).body, 'groups')]).toMatchObject([
        text,
        201,
        [{ value: group.id }],
      ]);
      expect((await scim.delete(`/Users/${made.id}`)).status).toBe(204);
      expect((await scim.get(`/Groups/${group.id}`)).body['members']).toBeUndefined();
    }
    expect(await stage.look.snapshot(bystander)).toEqual(untouched);
  }, 60_000);

  test('is a key of somebody who would be adopted: nobody is', async () => {
    const beside = await openBeside(stage, [`directories.main.mapping=${resolve('test/fixtures/mappings/adopting.yaml')}`]);
    try {
      const client = beside.as(stage.tokenOf('compat'));
      for (const text of ['*', 'bystander*', '*)(uid=*', ')(|(carLicense=*']) {
        const { status } = await client.post('/Users', newUser({ externalId: text, emails: [{ type: 'work', value: text }] }));
        expect([text, status]).toEqual([text, 201]);
      }
      expect(await stage.look.snapshot(bystander)).toEqual(untouched);
    } finally {
      await beside.stop();
    }
  });

  test('has NUL, or half of a surrogate pair: it is refused or stored whole, and never cut', async () => {
    for (const text of ['by\u0000stander', '\u0000', 'a\ud800b']) {
      const userName = `${newName()}${text}`;
      const made = await scim.post('/Users', newUser({ userName }));
      if (made.status < 300) expect(made.body['userName']).toBe(userName);
      else expect([text, made.status]).toEqual([text, 400]);
      const { status, body } = await scim.get('/Users', { filter: `userName eq ${JSON.stringify(text)}` });
      expect([200, 400]).toContain(status);
      expect(body['totalResults'] ?? 0).toBe(0);
    }
  });
});

test('a value with line ends becomes a header: no answer has one', async () => {
  const text = 'x\r\nX-Injected: 1\r\n\r\n<html>';
  const made = await scim.post('/Users', newUser({ userName: newName(), displayName: text, title: text, externalId: text }));
  const replies = [
    made,
    await scim.get(`/Users/${made.id}`, { attributes: text }),
    await scim.get(`/Users/${encodeURIComponent(text)}`),
    await scim.get('/Users', { filter: text, sortBy: text }),
    await scim.send('GET', `/${encodeURIComponent(text)}`),
    await scim.get('/Users', {}, { 'X-Request-Id': 'a b; X-Injected=1' }),
    await scim.get('/Users', {}, { Authorization: 'Bearer x", error="none' }),
  ];
  for (const { headers } of replies) {
    expect([...headers.keys()]).not.toContain('x-injected');
    expect([...headers.values()].filter((value) => value.includes('Injected') || value.includes('error="none'))).toEqual([]);
  }
});

test('__proto__, constructor and prototype are attributes, paths, keys of maps, parameters: nothing is polluted', async () => {
  const { id } = await scim.post('/Users', newUser());
  const before = await stage.look.snapshot(id);
  const evil = '{"polluted":"yes","toString":"no"}';
  const bodies = ['__proto__', 'constructor', 'prototype'].map((name) => `"${name}":${evil}`);
  for (const part of [
    ...bodies,
    `"constructor":{"prototype":${evil}}`,
    `"name":{"__proto__":${evil},"familyName":"x"}`,
    `"${urn.enterprise}":{"__proto__":${evil}}`,
  ]) {
    const userName = newName();
    const made = await scim.send(
      'POST',
      '/Users',
      `{"schemas":["${urn.user}"],"userName":"${userName}","name":{"familyName":"x"},${part}}`,
    );
    expect([part, [201, 400].includes(made.status)]).toEqual([part, true]);
    await scim.send(
      'PATCH',
      `/Users/${id}`,
      `{"schemas":["${urn.patch}"],"Operations":[{"op":"add","value":{${part.startsWith('"name"') ? '"x":1' : part}}}]}`,
    );
  }
  for (const path of [
    '__proto__',
    '__proto__.polluted',
    'constructor.prototype.polluted',
    'name.__proto__',
    'emails[__proto__ eq "x"].value',
    `${urn.user}:__proto__`,
  ]) {
    await scim.patch(`/Users/${id}`, [{ op: 'add', path, value: 'yes' }]);
    await scim.get('/Users', { filter: `${path} eq "x"` });
    await scim.get('/Users', { attributes: path, excludedAttributes: path, sortBy: path });
  }
  await scim.send('GET', '/Users?__proto__[polluted]=yes&constructor.prototype.polluted=yes&__proto__=yes');
  await bulk(scim, [
    JSON.parse(`{"method":"PATCH","path":"/Users/${id}","bulkId":"__proto__","__proto__":${evil},"data":{"__proto__":${evil}}}`) as Body,
  ]);
  await scim.send('GET', '/__proto__');
  await scim.send('GET', `/Schemas/__proto__`);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  expect(String({})).toBe('[object Object]');
  expect(await stage.look.snapshot(id)).toEqual(before);
});

describe('paths', () => {
  /** As the bytes go out: no client library tidies them up. */
  const ask = async (target: string, token: string, method = 'GET'): Promise<readonly [status: number, body: string]> => {
    const { port } = new URL(stage.url);
    const answer = await talk(
      Number(port),
      `${method} ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`,
    );
    return [Number(answer.slice(9, 12)), answer.slice(answer.indexOf('\r\n\r\n') + 4)];
  };

  test('a resource type that the client may not use is named in another spelling: it is not there', async () => {
    const { id, body } = await scim.post('/Groups', newGroup());
    const targets = [
      '/Groups',
      '/%47roups',
      '/Users/../Groups',
      '/Users/%2e%2e/Groups',
      '/Users/..%2fGroups',
      '/Users%2f..%2fGroups',
      '/Users/..%252fGroups',
      '//Groups',
      '/./Groups',
      '/groups',
      '/GROUPS',
      '/Groups/',
      '/Groups;x=1',
      '/Groups%00',
      '/Groups%20',
      '/Groups.json',
      '/Users/..;/Groups',
      '\\Groups',
    ];
    for (const target of targets) {
      for (const end of ['', `/${id}`]) {
        for (const prefix of ['/scim/v2', '/scim', 'http://elsewhere/scim/v2']) {
          const [status, text] = await ask(`${prefix}${target}${end}`, stage.tokenOf('placed'));
          expect([prefix, target, end, status >= 400 && status < 500]).toEqual([prefix, target, end, true]);
          expect(text).not.toContain(String(body['displayName']));
        }
      }
    }
  });

  test('a bulk request names such a resource, another host, or an endpoint that is none: no operation succeeds', async () => {
    const { id } = await scim.post('/Groups', newGroup());
    const before = await stage.look.snapshot(id);
    const placed = new ScimClient(stage.scim.base, stage.tokenOf('placed'));
    const paths = [
      '/Groups',
      '/Users/../Groups',
      '/%47roups',
      '//Groups',
      'Groups',
      `${stage.scim.base}/Groups`,
      'http://elsewhere/Groups',
      '/Me/../Groups',
      '/Bulk',
      '/Groups/.search',
      '/Schemas',
    ];
    for (const path of paths) {
      const statuses = await bulk(placed, [
        { method: 'DELETE', path: `${path}/${id}` },
        { method: 'PATCH', path: `${path}/${id}`, data: { schemas: [urn.patch], Operations: [{ op: 'remove', path: 'members' }] } },
        { method: 'POST', path, bulkId: 'x', data: newGroup() },
      ]);
      expect([path, statuses.filter((status) => status < 400)]).toEqual([path, []]);
    }
    expect(await stage.look.snapshot(id)).toEqual(before);
  });

  test('the token is left out for a path in another spelling: 401 or 404', async () => {
    for (const target of [
      '/scim/v2/users',
      '/SCIM/v2/Users',
      '//scim/v2/Users',
      '/scim/v2/Users/../Users',
      '/scim/v2/%55sers',
      '/scim/v2/ServiceProviderConfig/../Users',
      '/scim/v2/ServiceProviderConfig%2f..%2fUsers',
      '/health/../scim/v2/Users',
      '/ready%2f..%2fscim/v2/Users',
      '/.well-known/../scim/v2/Users',
    ]) {
      const [status, text] = await ask(target, 'nobody');
      expect([target, [401, 404].includes(status)]).toEqual([target, true]);
      expect(text).not.toContain('Resources');
    }
  });

  test('the operator’s endpoints, files and pages of the framework are asked of the clients’ listener: 404', async () => {
    for (const target of [
      '/status',
      '/metrics',
      '/reload',
      '/holds',
      '/scim/v2/../status',
      '/scim/v2/status',
      '/..%2f..%2fetc%2fpasswd',
      '/config.yaml',
      '/guards.db',
      '/favicon.ico',
      '/.env',
      '/index.html',
    ]) {
      for (const method of ['GET', 'POST']) {
        const [status, text] = await ask(target, stage.tokenOf('compat'), method);
        expect([target, method, status]).toEqual([target, method, 404]);
        expect(text).not.toMatch(/<html|root:|Cannot (?:GET|POST)/);
      }
    }
  });

  test('a second request is hidden in the body, or rides on the credentials of the one before it: it is a request of its own', async () => {
    const { port } = new URL(stage.url);
    const second = 'GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    const first = (more: string): string =>
      `POST /scim/v2/Users/.search HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${stage.tokenOf('compat')}\r\nContent-Type: application/scim+json\r\n${more}`;
    const statuses = async (text: string): Promise<readonly string[]> => (await talk(Number(port), text)).match(/HTTP\/1\.1 \d{3}/g) ?? [];
    const search = JSON.stringify({ schemas: [urn.search], count: 0 });
    expect(await statuses(`${first(`Content-Length: ${search.length}\r\n\r\n${search}`)}${second}`)).toEqual([
      'HTTP/1.1 200',
      'HTTP/1.1 401',
    ]);
    const inside = `${first(`Content-Length: ${second.length}\r\nConnection: close\r\n\r\n`)}${second}`;
    expect(await statuses(inside)).toEqual(['HTTP/1.1 400']);
    for (const more of [
      `Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
      `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
      `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
      `Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n`,
    ])
      expect([more, await statuses(`${first(more)}${second}`)]).toEqual([more, ['HTTP/1.1 400']]);
  });
});
