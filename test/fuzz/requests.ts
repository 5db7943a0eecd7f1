// One request from the seed, its number and what is known: an honest one, then spoiled in its body, its URL, its headers or its bytes.
// Test set-up only; RFC 7644 section 3.2, RFC 9110, RFC 9112.
import { gzipSync } from 'node:zlib';
import { spoilText } from './filters.ts';
import { hostileText, ownDn } from './hostile.ts';
import type { Knowledge } from './knowledge.ts';
import { bulkBody, groupBody, listParameters, patchBody, searchBody, userBody } from './messages.ts';
import type { Random } from './random.ts';
import { spoil, treeOf, writeTree, type Tree } from './tree.ts';

export const tokens = {
  compat: 'fuzz-token-of-the-client-compat',
  strict: 'fuzz-token-of-the-client-strict',
  reader: 'fuzz-token-of-the-client-reader',
  users: 'fuzz-token-of-the-client-users',
} as const;

export interface FuzzRequest {
  readonly method: string;
  /** Path and query as they are in the request line. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer | undefined;
  /** The body goes out in chunks. */
  readonly chunked: boolean;
  /** All of it, for a connection of its own: no well-formed HTTP, or ended too early. */
  readonly raw?: Buffer;
  /** The body before it was encoded. */
  readonly plain?: Buffer | undefined;
  /** What a body that nobody spoiled says. */
  readonly meant?: Readonly<Record<string, unknown>>;
}

export const basePath = '/scim/v2';

/** The path below the base path, without the query. */
export function pathOf({ target }: FuzzRequest): string {
  const path = target.replace(/^http:\/\/[^/]*/, '').split(/[?#]/)[0] ?? '';
  return path.startsWith(basePath) ? path.slice(basePath.length) : path;
}

type Kind = 'list' | 'search' | 'get' | 'create' | 'replace' | 'patch' | 'delete' | 'discovery' | 'bulk' | 'me' | 'elsewhere' | 'raw';

const kinds: readonly (readonly [number, Kind])[] = [
  [16, 'list'],
  [5, 'search'],
  [9, 'get'],
  [14, 'create'],
  [11, 'replace'],
  [24, 'patch'],
  [4, 'delete'],
  [3, 'discovery'],
  [4, 'bulk'],
  [1, 'me'],
  [6, 'elsewhere'],
  [3, 'raw'],
];

export function makeRequest(random: Random, knowledge: Knowledge, at?: string): FuzzRequest {
  const kind =
    at === undefined
      ? random.weigh(kinds)
      : random.weigh<Kind>([
          [3, 'replace'],
          [6, 'patch'],
          [1, 'get'],
          [1, 'delete'],
        ]);
  const endpoint = at === undefined ? random.pick(['/Users', '/Users', '/Groups']) : knowledge.groups.includes(at) ? '/Groups' : '/Users';
  const isGroup = endpoint === '/Groups';
  const honest = (): Readonly<Record<string, unknown>> => (isGroup ? groupBody(random, knowledge) : userBody(random, knowledge));
  const one = `${endpoint}/${at ?? resourceId(random, knowledge, isGroup)}`;
  switch (kind) {
    case 'list':
      return finish(
        'GET',
        `${random.chance(0.1) ? random.pick(['', '/']) : endpoint}?${query(listParameters(random, knowledge), random)}`,
        random,
        knowledge,
      );
    case 'search':
      return withBody('POST', `${random.pick(['', endpoint])}/.search`, treeOf(searchBody(random, knowledge)), random, knowledge);
    case 'get':
      return finish('GET', one + projection(random, knowledge), random, knowledge);
    case 'create':
      return withResource('POST', endpoint + projection(random, knowledge), honest(), random, knowledge);
    case 'replace':
      return withResource('PUT', one + projection(random, knowledge), honest(), random, knowledge);
    case 'patch':
      return withBody('PATCH', one + projection(random, knowledge), patchBody(random, knowledge), random, knowledge);
    case 'delete':
      return finish('DELETE', one, random, knowledge);
    case 'discovery':
      return finish('GET', discovery(random) + projection(random, knowledge), random, knowledge);
    case 'bulk':
      return withBody('POST', '/Bulk', bulkBody(random, knowledge), random, knowledge);
    case 'me':
      return withResource(random.pick(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']), '/Me', honest(), random, knowledge);
    case 'elsewhere':
      return finish(
        random.pick(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'SEARCH', 'QUERY', 'LOCK']),
        elsewhere(random, knowledge),
        random,
        knowledge,
      );
    case 'raw':
      return rawRequest(random, knowledge);
  }
}

function resourceId(random: Random, { users, groups, gone, names }: Knowledge, isGroup: boolean): string {
  const [own, other] = isGroup ? [groups, users] : [users, groups];
  return random.weigh<() => string>([
    [own.length > 0 ? 30 : 0, () => random.pick(own)],
    [1, () => random.pick(own.concat('x')).toUpperCase()],
    [1, () => random.pick(other.concat('x'))],
    [2, () => random.pick(gone)],
    [1, () => encodeURIComponent(ownDn(`UID=${random.pick(names)},OU=PEOPLE`).toWellFormed())],
    [1, () => encodeURIComponent(random.pick(['*', '*)(objectClass=*', ')(uid=*', '\\2a', `${random.pick(own.concat('x'))})(uid=*`]))],
    [2, () => encodeURIComponent(hostileText(random).slice(0, 2000).toWellFormed())],
    [1, () => spoilPath(random.pick(own.concat('x')), random)],
  ])();
}

function spoilPath(path: string, random: Random): string {
  return random.weigh<() => string>([
    [
      3,
      () =>
        path +
        random.pick([
          '/',
          '//',
          '/.',
          '/..',
          '/x',
          '?',
          '??',
          '#',
          ';v=1',
          '%00',
          '%20',
          '%2F',
          '%5c',
          '%',
          '%zz',
          '%c0%af',
          '%ed%a0%80',
          '%ff',
          '.json',
          '+',
          '*',
        ]),
    ],
    [2, () => path.replace(/[a-z0-9]/i, (letter) => `%${letter.charCodeAt(0).toString(16)}`)],
    [1, () => spoilText(path, random)],
  ])();
}

function discovery(random: Random): string {
  return random.pick([
    '/ServiceProviderConfig',
    '/ServiceProviderConfig/',
    '/Schemas',
    '/ResourceTypes',
    '/ResourceTypes/User',
    '/Schemas/urn:ietf:params:scim:schemas:core:2.0:User',
    `/Schemas/${encodeURIComponent(hostileText(random).slice(0, 500).toWellFormed())}`,
    '/Schemas?filter=id%20pr',
    '/ResourceTypes/__proto__',
    '/Schemas/constructor',
  ]);
}

function elsewhere(random: Random, knowledge: Knowledge): string {
  const path = random.pick([
    '/Users',
    '/Groups',
    '/users',
    '/Users/.search',
    '/.search',
    '/Me',
    '/Bulk',
    '/',
    '',
    '/Schemas',
    '/v2/Users',
    '/__proto__',
    '/constructor',
    '/Users/x/y',
  ]);
  return random.weigh<() => string>([
    [6, () => path],
    [4, () => spoilPath(path, random)],
    [2, () => `/../..${path}`],
    [2, () => `/./Users/../${random.pick(['Groups', '..', '%2e%2e/health', '.%2e/.%2e/'])}`],
    [1, () => `/Users/${random.pick(knowledge.users.concat('x'))}/${random.pick(['..', '.', '%2e%2e', 'name', ''])}`],
    [1, () => `/Users/${'a/'.repeat(random.pick([10, 1000]))}`],
    [1, () => `/Users/${'a'.repeat(random.pick([1000, 9000, 15_000, 17_000]))}`],
  ])();
}

function query(parameters: Readonly<Record<string, string>>, random: Random): string {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}=${encodeQuery(value, random)}`);
  if (random.chance(0.05))
    pairs.push(
      random.pick([
        'filter=id%20pr',
        '__proto__=x',
        'constructor[prototype]=1',
        'count=1&count=2',
        '&&&',
        '=',
        '=x',
        'filter',
        'filter[]=x',
        '%ff=%ff',
        'filter=%',
        'x'.repeat(3000),
      ]),
    );
  return pairs.join('&');
}

function encodeQuery(value: string, random: Random): string {
  const encoded = encodeURIComponent(value.toWellFormed());
  return random.weigh<() => string>([
    [20, () => encoded],
    [3, () => encoded.replaceAll('%20', '+')],
    [1, () => encoded.replaceAll('%22', '"')],
    [1, () => encodeURIComponent(encoded)],
    [1, () => `${encoded}${random.pick(['%', '%f', '%ff', '%c0%80', '%ed%a0%80', '%u0041', '\xff', '\xe9'])}`],
  ])();
}

function projection(random: Random, knowledge: Knowledge): string {
  if (!random.chance(0.15)) return '';
  const { filter, attributes, excludedAttributes } = listParameters(random, knowledge);
  const parameters = {
    ...(attributes !== undefined && { attributes }),
    ...(excludedAttributes !== undefined && { excludedAttributes }),
    ...(filter !== undefined && random.chance(0.3) && { filter }),
  };
  return `?${query(parameters, random)}`;
}

function withResource(
  method: string,
  path: string,
  meant: Readonly<Record<string, unknown>>,
  random: Random,
  knowledge: Knowledge,
): FuzzRequest {
  if (!random.chance(0.35)) return withBody(method, path, treeOf(meant), random, knowledge);
  const body = Buffer.from(writeTree(treeOf(meant), random));
  return { method, target: basePath + path, headers: clientHeaders('compat', body), body, chunked: false, meant };
}

function withBody(method: string, path: string, tree: Tree, random: Random, knowledge: Knowledge): FuzzRequest {
  let spoiled = tree;
  if (random.chance(0.7)) for (let i = random.below(3); i >= 0; i -= 1) spoiled = spoil(spoiled, random);
  const body = Buffer.from(writeTree(spoiled, random));
  return finish(method, path, random, knowledge, random.chance(0.1) ? spoilBytes(body, random) : body);
}

function spoilBytes(body: Buffer, random: Random): Buffer {
  const at = random.below(body.length + 1);
  const insert = (bytes: Buffer): Buffer => Buffer.concat([body.subarray(0, at), bytes, body.subarray(at)]);
  return random.weigh<() => Buffer>([
    [4, () => body.subarray(0, at)],
    [3, () => insert(Buffer.from([random.below(256)]))],
    [2, () => insert(Buffer.from(random.pick(['c080', 'eda080', 'ff', 'f4908080', '00', 'efbbbf', 'e2']), 'hex'))],
    [1, () => Buffer.concat([Buffer.from('\ufeff'), body])],
    [1, () => Buffer.from(body.toString(), 'utf16le')],
    [1, () => Buffer.concat([body, body])],
    [1, () => Buffer.concat([body, Buffer.from(random.pick([' ', '\0', '}', ']', '//x', ',']))])],
    [1, () => Buffer.from(random.pick(['', ' ', 'null', '[]', '"x"', '1', 'true', '{}', '{', '[{}]', '{"schemas":', 'a=b&c=d', '<xml/>']))],
    [0.2, () => Buffer.concat([body, Buffer.alloc(random.pick([1_000_000, 1_100_000, 3_000_000]), ' ')])],
  ])();
}

type Header = readonly [name: string, value: string];

function clientHeaders(client: keyof typeof tokens, body: Buffer | undefined): Header[] {
  return [
    ['Host', '127.0.0.1'],
    ['Authorization', `Bearer ${tokens[client]}`],
    ...(body === undefined ? [] : [['Content-Type', 'application/scim+json'] as const]),
  ];
}

/** The request with the headers of some client, or headers that nobody should send. */
function finish(method: string, path: string, random: Random, knowledge: Knowledge, given?: Buffer): FuzzRequest {
  const client = random.weigh<keyof typeof tokens>([
    [20, 'compat'],
    [8, 'strict'],
    [2, 'reader'],
    [1, 'users'],
  ]);
  const headers: Header[] = clientHeaders(client, given);
  if (random.chance(0.12)) replaceHeader(headers, random.pick(oddHeaders)(random));
  if (random.chance(0.15)) headers.push(condition(random, knowledge));
  if (random.chance(0.1)) headers.push(random.pick(otherHeaders)(random));
  const body = given && random.chance(0.04) ? encoded(given, headers, random) : given;
  const line = random.chance(0.01) ? `http://127.0.0.1${basePath}${path}` : basePath + path;
  const chosen = random.chance(0.02) ? random.pick(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) : method;
  return { method: chosen, target: requestTarget(line), headers, body, plain: given, chunked: body !== undefined && random.chance(0.1) };
}

/** What has no place in a request line would end it: that is for raw requests. */
function requestTarget(text: string): string {
  return text.replaceAll(/[\0-\x20\x7f]|[^\0-\xff]/g, (character) => encodeURIComponent(character.toWellFormed()));
}

function encoded(body: Buffer, headers: Header[], random: Random): Buffer {
  const encoding = random.pick(['gzip', 'GZIP', 'gzip', 'deflate', 'br', 'identity', 'gzip, gzip', 'x-gzip', '']);
  headers.push(['Content-Encoding', encoding]);
  return random.weigh<() => Buffer>([
    [6, () => gzipSync(body, { level: 1 })],
    [2, () => body],
    [1, () => gzipSync(body, { level: 1 }).subarray(0, -5)],
    [0.3, () => gzipSync(Buffer.alloc(20_000_000, '['), { level: 1 })],
  ])();
}

function replaceHeader(headers: Header[], header: Header): void {
  const at = headers.findIndex(([name]) => name === header[0]);
  headers.splice(at === -1 ? headers.length : at, at === -1 ? 0 : 1, header);
}

const oddHeaders: readonly ((random: Random) => Header)[] = [
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

const otherHeaders: readonly ((random: Random) => Header)[] = [
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

function condition(random: Random, { versions }: Knowledge): Header {
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

/** What would be a request if it were HTTP. No blank line is missing where a server would rightly wait for it: the connection ends instead. */
function rawRequest(random: Random, knowledge: Knowledge): FuzzRequest {
  const isSpoiled = random.chance(0.2);
  // Spoiled it may be well-formed after all, two requests in one: then there must be nobody to delete.
  const id = isSpoiled ? 'x' : random.pick(knowledge.users.concat('x'));
  const authorization = `Authorization: Bearer ${tokens.compat}`;
  const start = `POST ${basePath}/Users HTTP/1.1\r\nHost: a\r\n${authorization}\r\nContent-Type: application/json\r\n`;
  const smuggled = `DELETE ${basePath}/Users/${id} HTTP/1.1\r\nHost: a\r\n${authorization}\r\n\r\n`;
  const text = random.pick([
    `${start}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `${start}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${smuggled}`,
    `${start}Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    `${start}Content-Length: 0, ${smuggled.length}\r\n\r\n${smuggled}`,
    `${start}Content-Length: +0\r\n\r\n${smuggled}`,
    `${start}Content-Length: 0x0\r\n\r\n${smuggled}`,
    `${start}Content-Length : ${smuggled.length}\r\n\r\n${smuggled}`,
    `${start}Transfer-Encoding: xchunked\r\n\r\n${smuggled}`,
    `${start}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `${start}Transfer-Encoding: identity, chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`,
    `${start}Transfer-Encoding: chunked\r\n\r\n0;\n\r\n\r\n${smuggled}`,
    `${start}Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n${smuggled}`,
    `${start}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n`,
    `${start}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `${start}X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `${start}X: a\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `${start}X\0: a\r\n\r\n`,
    `${start}Content-Length: 1000\r\n\r\n{"schemas":`,
    `${start}Transfer-Encoding: chunked\r\n\r\n5\r\n{"a"`,
    `${start}`,
    'GET',
    'GET / HTTP/9.9\r\n\r\n',
    'GET / HTTP/0.9\r\n\r\n',
    `GET ${basePath}/Users?filter=userName eq "x" HTTP/1.1\r\nHost: a\r\n${authorization}\r\n\r\n`,
    `GET ${basePath}/Users HTTP/1.1\r\n${authorization}\r\n\r\n`,
    `GET ${basePath}/Users HTTP/1.1\r\nHost: a\r\nHost: b\r\n${authorization}\r\n\r\n`,
    `GET ${basePath}/Users?count=0 HTTP/1.0\r\n${authorization}\r\n\r\n`,
    `CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: a\r\n\r\n`,
    `OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n`,
    `GET * HTTP/1.1\r\nHost: a\r\n${authorization}\r\n\r\n`,
    `GET http://[ HTTP/1.1\r\nHost: a\r\n${authorization}\r\n\r\n`,
    `GET //evil.example${basePath}/Users?count=0 HTTP/1.1\r\nHost: a\r\n${authorization}\r\n\r\n`,
    `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
    `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03`,
    `${hostileText(random)}\r\n\r\n`,
    `GET ${basePath}/Users HTTP/1.1\r\n${'X: y\r\n'.repeat(3000)}\r\n`,
  ]);
  const spoiled = isSpoiled ? spoilText(text, random) : text;
  return { method: 'RAW', target: '', headers: [], body: undefined, chunked: false, raw: Buffer.from(spoiled, 'latin1') };
}

/** The bytes of a request on a connection that stays open. */
export function writeRequest({ method, target, headers, body, chunked }: FuzzRequest): Buffer {
  const framing = body === undefined ? [] : [chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`];
  const head = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`), ...framing, '', ''].join('\r\n');
  if (body === undefined || !chunked) return Buffer.concat([Buffer.from(head, 'latin1'), body ?? Buffer.alloc(0)]);
  const half = body.length >> 1;
  const chunk = (part: Buffer): Buffer[] =>
    part.length === 0 ? [] : [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')];
  return Buffer.concat([
    Buffer.from(head, 'latin1'),
    ...chunk(body.subarray(0, half)),
    ...chunk(body.subarray(half)),
    Buffer.from('0\r\n\r\n'),
  ]);
}
