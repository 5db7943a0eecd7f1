// One request from the seed, its number and what is known: an honest one, then spoiled in its body, its URL, its headers or its bytes.
// Test set-up only; RFC 7644 section 3.2.
import { encoded, spoilBytes } from './bytes.ts';
import { ownName } from './hostile.ts';
import { clientHeaders, condition, type Header, oddHeaders, otherHeaders, replaceHeader, type tokens } from './headers.ts';
import type { Knowledge } from './knowledge.ts';
import { bulkBody, groupBody, patchBody, listParameters, searchBody, userBody } from './messages.ts';
import type { Random } from './random.ts';
import { rawRequest } from './raw-request.ts';
import { basePath, type FuzzRequest } from './request.ts';
import { spoil, treeOf, writeTree, type Tree } from './tree.ts';
import { discovery, elsewhere, projection, query, resourceId } from './urls.ts';

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
  [3, 'me'],
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
      return ownRequest(random, knowledge);
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

/** One's own resource: most of what is asked of it is refused, for others decide about it. */
function ownRequest(random: Random, knowledge: Knowledge): FuzzRequest {
  const path = `/Me${projection(random, knowledge)}`;
  return random.weigh<() => FuzzRequest>([
    [6, () => finish('GET', path, random, knowledge)],
    [8, () => withBody('PATCH', path, patchBody(random, knowledge), random, knowledge)],
    [5, () => withBody('PUT', path, treeOf({ ...userBody(random, knowledge), userName: ownName }), random, knowledge)],
    [2, () => withBody('PUT', path, treeOf(userBody(random, knowledge)), random, knowledge)],
    [1, () => withBody('POST', path, treeOf(userBody(random, knowledge)), random, knowledge)],
    [0.2, () => finish('DELETE', path, random, knowledge)],
  ])();
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

/** The request with the headers of some client, or headers that nobody should send. */
function finish(method: string, path: string, random: Random, knowledge: Knowledge, given?: Buffer): FuzzRequest {
  const isOwn = path.startsWith('/Me');
  const client = random.weigh<keyof typeof tokens>([
    [isOwn ? 60 : 1, 'self'],
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
