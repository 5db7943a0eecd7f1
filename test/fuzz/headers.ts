// Headers: of some client, conditions on versions, and those that nobody should send.
// Test set-up only; RFC 9110, RFC 6750.
import type { Knowledge } from './knowledge.ts';
import type { Random } from './random.ts';

export const tokens = {
  compat: 'fuzz-token-of-the-client-compat',
  strict: 'fuzz-token-of-the-client-strict',
  reader: 'fuzz-token-of-the-client-reader',
  users: 'fuzz-token-of-the-client-users',
  /** To which somebody is `/Me`. */
  self: 'fuzz-token-of-the-client-self',
} as const;

export type Header = readonly [name: string, value: string];

export function clientHeaders(client: keyof typeof tokens, body: Buffer | undefined): Header[] {
  return [
    ['Host', '127.0.0.1'],
    ['Authorization', `Bearer ${tokens[client]}`],
    ...(body === undefined ? [] : [['Content-Type', 'application/scim+json'] as const]),
  ];
}

export function replaceHeader(headers: Header[], header: Header): void {
  const at = headers.findIndex(([name]) => name === header[0]);
  headers.splice(at === -1 ? headers.length : at, at === -1 ? 0 : 1, header);
}

export const oddHeaders: readonly ((random: Random) => Header)[] = [
  (random) => [
    'Authorization',
    random.pick([
      '',
      'Bearer',
      'Bearer ',
      'Bearer x',
      'Basic YWRtaW46YWRtaW4=',
      `bearer ${tokens.compat}`,
      `Bearer ${tokens.compat}x`,
      `Bearer ${tokens.compat}, Bearer x`,
      `Token ${tokens.compat}`,
      'Bearer \xff',
      `Bearer  ${tokens.compat} `,
    ]),
  ],
  (random) => [
    'Content-Type',
    random.pick([
      '',
      'application/json',
      'application/scim+json; charset=utf-8',
      'application/json; charset=utf-16',
      'application/json;charset="UTF-8"',
      'text/plain',
      'text/xml',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded',
      'application/jsonp',
      'APPLICATION/JSON',
      'application/json;;;;',
      '*/*',
      'x'.repeat(5000),
      'application/json; charset',
    ]),
  ],
  (random) => ['Host', random.pick(['', 'evil.example', '127.0.0.1:1', '[::1]', 'a b', '\xff', 'x'.repeat(3000)])],
];

export const otherHeaders: readonly ((random: Random) => Header)[] = [
  (random) => [
    'Accept',
    random.pick([
      '*/*',
      'application/json',
      'text/html',
      '',
      ',',
      ';',
      'application/scim+json;q=0',
      'application/*;q=0.000',
      '__proto__',
      `${'text/html,'.repeat(500)}`,
    ]),
  ],
  (random) => [
    'Prefer',
    random.pick([
      'return=minimal',
      'return=representation',
      'return="minimal"',
      'return=minimal, return=representation',
      'respond-async',
      '=',
      ','.repeat(3000),
    ]),
  ],
  (random) => ['Range', random.pick(['bytes=0-1', 'bytes=-1', 'bytes=0-,1-'])],
  (random) => ['X-HTTP-Method-Override', random.pick(['DELETE', 'PATCH'])],
  (random) => ['X-Forwarded-For', random.pick(['1.2.3.4', 'x'.repeat(500)])],
  (random) => ['X-Forwarded-Host', random.pick(['evil.example', 'evil.example, x'])],
  (random) => ['X-Request-Id', random.pick(['ok-1', 'x'.repeat(65), '<script>', '\xff', ''])],
  () => ['Expect', '100-continue'],
  (random) => ['Expect', random.pick(['200-ok', 'x'])],
  () => ['Authorization', `Bearer ${tokens.reader}`],
  () => ['Upgrade', 'h2c'],
  () => ['Connection', 'Upgrade'],
  () => ['Connection', 'close'],
  (random) => ['X-Long', 'x'.repeat(random.pick([8000, 15_000, 17_000, 60_000]))],
  (random) => ['__proto__', random.pick(['x', ''])],
  () => ['Cookie', `a=b; __proto__=${'x'.repeat(100)}`],
  () => ['Cache-Control', 'only-if-cached'],
  () => ['Trailer', 'Authorization'],
];

export function condition(random: Random, { versions }: Knowledge): Header {
  const known = [...versions.values()];
  const value = random.weigh<() => string>([
    [5, () => random.pick(known.concat('W/"x"'))],
    [2, () => random.some(5, () => random.pick(known.concat('"a"'))).join(', ')],
    [
      3,
      () =>
        random.pick(['*', '', '""', 'W/""', '"*"', 'x', '"', 'W/', 'w/"x"', '"a" "b"', ',,,"a",,', '*, "a"', '"a\\"b"', '"\xff"', '\xff']),
    ],
    [1, () => '"x",'.repeat(random.pick([10, 1000, 3000]))],
    [1, () => `${'"x" '.repeat(random.pick([10, 1000]))}x`],
  ])();
  return [random.pick(['If-Match', 'If-Match', 'If-None-Match']), value];
}
