// Nothing that is a credential comes out, at any level of the log: requests that carry passwords, tokens and odd headers, and all output.
// RFC 6750 section 5.3, RFC 7643 section 9.2, RFC 7644 section 7.5.2; R-025, R-077, R-151, R-223.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createApp } from '../src/app.ts';
import { createLogger, logChannels } from '../src/telemetry.ts';
import { type Bench, openBench } from './commands/bench.ts';
import { talk } from './http/raw-socket.ts';
import { newUser, ScimClient, urn } from './directory/scim-client.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('demo');
});
afterAll(() => bench.stop());

const token = 'token-of-the-command-bench';
const secret = 'S3CRET-phrase-42';

async function provoke(url: string): Promise<void> {
  const scim = new ScimClient(`${url}/scim/v2`, token);
  const user = newUser({ password: secret });
  const { id } = await scim.post('/Users', user);
  await scim.post('/Users', user);
  await scim.post('/Users', newUser({ password: secret, phoneNumbers: [{ type: 'work', value: 'äöü' }] }));
  await scim.post('/Users', newUser({ password: { value: secret } }));
  await scim.post('/Users', newUser({ Password: secret, PASSWORD: secret }));
  await scim.post('/Users', `{"password":"${secret}`);
  await scim.post('/Users', [secret]);
  await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'password', value: secret }]);
  await scim.patch(`/Users/${id}`, [{ op: 'replace', value: { password: secret, active: 'perhaps' } }]);
  await scim.patch(`/Users/${id}`, [{ op: 'replace', path: `password[value eq "${secret}"]`, value: secret }]);
  await scim.put(`/Users/${id}`, { ...user, [urn.enterprise]: { manager: { value: secret } } });
  await scim.get('/Users', { filter: `password eq "${secret}"` });
  await scim.get('/Users', { filter: `userName eq "${secret}" and` });
  await scim.send('POST', '/Bulk', {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
    Operations: [{ method: 'POST', path: '/Users', bulkId: 'a', data: { ...newUser(), password: secret, active: 'perhaps' } }],
  });
  for (const authorization of [
    `Bearer ${secret}`,
    `Basic ${btoa(`a:${secret}`)}`,
    `Bearer ${secret} ${secret}`,
    secret,
    `Digest ${secret}`,
  ])
    await fetch(`${url}/scim/v2/Users`, { headers: { Authorization: authorization } });
  await fetch(`${url}/scim/v2/Users?access_token=${secret}`);
  await scim.send('GET', '/Users', undefined, {
    'X-Request-Id': `${secret}\u00e4`,
    Cookie: secret,
    'X-Api-Key': secret,
    'Proxy-Authorization': `Basic ${secret}`,
    'User-Agent': secret,
    'X-Forwarded-For': secret,
    Forwarded: `for=${secret}`,
    Traceparent: secret,
    'If-Match': secret,
    Prefer: secret,
    Accept: secret,
  });
  const port = Number(new URL(url).port);
  await talk(port, `GET / HTTP/1.1\r\nAuthorization: Bearer ${secret}\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`);
  await talk(port, `${secret} / HTTP/9.9\r\n${secret}\r\n\r\n`);
}

test.each(
  (['error', 'warn', 'info', 'debug'] as const).flatMap((level) =>
    (['json', 'text'] as const).flatMap((format) => [true, false].map((persons) => ({ level, format, persons }))),
  ),
)('no credential at level $level as $format, persons: $persons', async ({ level, format, persons }) => {
  const folder = mkdtempSync(join(tmpdir(), 'credentials-'));
  const outputs = [
    vi.spyOn(process.stdout, 'write'),
    vi.spyOn(process.stderr, 'write'),
    ...(['log', 'info', 'warn', 'error', 'debug'] as const).map((name) => vi.spyOn(console, name)),
  ];
  for (const output of outputs) output.mockReturnValue(true as never);
  const stream = new PassThrough();
  let log = '';
  stream.on('data', (bytes: Buffer) => (log += bytes.toString()));
  const stop = logChannels(createLogger({ level, format, stream }), { persons });
  const file = join(folder, 'journal.jsonl');
  const app = createApp({
    ...bench.config,
    audit: { file, maxBytes: 10_000_000, keep: 1, values: persons ? 'full' : 'redacted', persons: 'clear' },
  });
  try {
    const { url } = await app.start();
    await provoke(url);
  } finally {
    await app.stop();
    stop();
  }
  const printed = outputs.flatMap((output) => output.mock.calls.map((call) => call.map(String).join(' '))).join('\n');
  for (const output of outputs) output.mockRestore();
  const journal = readFileSync(file, 'utf8');
  rmSync(folder, { recursive: true });
  const hidden = [secret, btoa(`a:${secret}`), token, bench.password];
  for (const [where, text] of Object.entries({ log, printed, journal }))
    expect([where, hidden.filter((each) => text.includes(each))]).toEqual([where, []]);
  expect(journal.split('\n').length).toBeGreaterThan(20);
  if (level === 'info' || level === 'debug') expect(log.split('\n').length).toBeGreaterThan(20);
});
