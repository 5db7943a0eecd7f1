// Messages as clients mean them: users, groups, patches, searches and bulks; whatever is spoiled is spoiled later.
// Test set-up only; RFC 7643 section 8, RFC 7644 sections 3.3 to 3.7.
import { hostileText, hostileValue, passwordMark } from './hostile.ts';
import { hostileFilter, attributePath, patchPath } from './filters.ts';
import type { Knowledge } from './knowledge.ts';
import type { Random } from './random.ts';
import { treeOf, type Tree } from './tree.ts';

export const urn = {
  user: 'urn:ietf:params:scim:schemas:core:2.0:User',
  group: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  enterprise: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  patch: 'urn:ietf:params:scim:api:messages:2.0:PatchOp',
  search: 'urn:ietf:params:scim:api:messages:2.0:SearchRequest',
  bulk: 'urn:ietf:params:scim:api:messages:2.0:BulkRequest',
};

type Body = Readonly<Record<string, unknown>>;

const words = ['Ann', 'Böhm', 'Çelik', 'O’Neil', '李', 'Smith, J.', 'd’Arc', 'Łukasz', 'Jean-Luc', 'Name with + and "quotes"'];
const password = (random: Random): string => passwordMark + random.below(1e9).toString(36);
const maybe = (random: Random, name: string, make: () => unknown): Body => (random.chance(0.4) ? { [name]: make() } : {});

function newName(random: Random, { names }: Knowledge, prefix: string): string {
  return random.chance(0.1) ? random.pick(names) : `${prefix}-${random.below(1e9).toString(36)}`;
}

export function userBody(random: Random, knowledge: Knowledge): Body {
  return {
    schemas: [urn.user, ...(random.chance(0.3) ? [urn.enterprise] : [])],
    userName: newName(random, knowledge, 'fuzz'),
    name: { givenName: random.pick(words), familyName: random.pick(words) },
    ...maybe(random, 'displayName', () => random.pick(words)),
    ...maybe(random, 'title', () => random.pick(words)),
    ...maybe(random, 'active', () => random.chance(0.5)),
    ...maybe(random, 'externalId', () => `ext-${random.below(1e6)}`),
    ...maybe(random, 'password', () => password(random)),
    ...maybe(random, 'emails', () => [
      { type: 'work', value: `f${random.below(1e6)}@example.com`, ...(random.chance(0.5) && { primary: true }) },
      ...random.some(2, () => ({ type: 'work', value: `g${random.below(1e6)}@example.com` })),
    ]),
    ...maybe(random, 'phoneNumbers', () => [{ type: random.pick(['work', 'mobile', 'home']), value: `+49 30 ${random.below(1e6)}` }]),
    ...maybe(random, 'addresses', () => [{ type: 'work', locality: random.pick(words), streetAddress: 'Line 1\nLine 2', postalCode: '1' }]),
    ...(random.chance(0.3) && {
      [urn.enterprise]: {
        department: random.pick(words),
        employeeNumber: String(random.below(1e6)),
        ...(random.chance(0.5) && { manager: { value: random.pick([...knowledge.users, ...knowledge.gone]) } }),
      },
    }),
  };
}

export function groupBody(random: Random, knowledge: Knowledge): Body {
  return {
    schemas: [urn.group],
    displayName: newName(random, knowledge, 'Fuzz group'),
    ...maybe(random, 'externalId', () => `ext-${random.below(1e6)}`),
    ...maybe(random, 'members', () => random.some(5, () => member(random, knowledge))),
  };
}

const member = (random: Random, { users, groups, gone }: Knowledge): Body => ({
  value: random.pick(
    random
      .weigh([
        [8, users],
        [2, groups],
        [0.5, gone],
      ])
      .concat('x'),
  ),
  ...(random.chance(0.2) && { type: random.pick(['User', 'Group']) }),
  ...(random.chance(0.1) && { $ref: random.pick(['../Users/x', 'http://elsewhere.example/Users/x', 'file:///etc/passwd']) }),
});

function patchValue(path: string, random: Random, knowledge: Knowledge): Tree {
  if (random.chance(0.15)) return hostileValue(random);
  if (path.startsWith('members')) return treeOf(random.some(6, () => member(random, knowledge)));
  if (/^password/i.test(path)) return password(random);
  if (/manager/.test(path))
    return random.pick([random.pick([...knowledge.users, 'x']), treeOf({ value: random.pick([...knowledge.users, 'x']) })]);
  if (/active|primary/.test(path)) return random.pick([true, false, 'True', 'false']);
  if (/^emails\b/.test(path) && !path.includes('.')) return treeOf([{ type: 'work', value: `p${random.below(1e6)}@example.com` }]);
  if (/^name$/.test(path)) return treeOf({ givenName: random.pick(words) });
  if (/userName|displayName/.test(path) && random.chance(0.5)) return newName(random, knowledge, 'renamed');
  return random.pick([random.pick(words), treeOf({ value: random.pick(words) }), treeOf([random.pick(words)]), hostileText(random)]);
}

function operation(random: Random, knowledge: Knowledge): Tree {
  const op = random.weigh([
    [10, 'replace'],
    [10, 'add'],
    [8, 'remove'],
    [1, 'Replace'],
    [0.3, 'move'],
  ]);
  if (random.chance(0.2)) {
    const value = random.chance(0.5)
      ? userBody(random, knowledge)
      : { [patchPath(random, knowledge)]: random.pick(words), title: random.pick(words) };
    return treeOf({ op, value });
  }
  const path = patchPath(random, knowledge);
  const hasValue = op !== 'remove' || random.chance(0.2);
  return { members: [['op', op], ['path', path], ...(hasValue ? [['value', patchValue(path, random, knowledge)] as [string, Tree]] : [])] };
}

export function patchBody(random: Random, knowledge: Knowledge): Tree {
  const count = random.weigh([
    [20, 1],
    [8, 2],
    [3, 4],
    [0.3, 100],
  ]);
  return {
    members: [
      ['schemas', [urn.patch]],
      ['Operations', Array.from({ length: count }, () => operation(random, knowledge))],
    ],
  };
}

export function listParameters(random: Random, knowledge: Knowledge): Record<string, string> {
  const number = (): string =>
    random.pick(['0', '1', '2', '5', '10', '-1', '1000', '99999999999999999999', '1.5', '', 'x', '+1', ' 2', '1e2', '0x1', 'NaN']);
  const names = (): string => Array.from({ length: 1 + random.below(3) }, () => attributePath(random)).join(random.pick([',', ', ', ',,']));
  return {
    ...(random.chance(0.6) && { filter: hostileFilter(random, knowledge) }),
    ...(random.chance(0.4) && { count: number() }),
    ...(random.chance(0.3) && { startIndex: number() }),
    ...(random.chance(0.2) && { sortBy: attributePath(random) }),
    ...(random.chance(0.2) && { sortOrder: random.pick(['ascending', 'descending', 'Descending', '', 'x']) }),
    ...(random.chance(0.3) && { [random.pick(['attributes', 'excludedAttributes', 'Attributes'])]: names() }),
    ...(random.chance(0.05) && { excludedAttributes: names() }),
    ...(random.chance(0.15) && {
      cursor: random.pick(['', ...knowledge.cursors, hostileText(random), ...knowledge.cursors.map((cursor) => `${cursor.slice(0, -1)}A`)]),
    }),
  };
}

export function searchBody(random: Random, knowledge: Knowledge): Body {
  const { attributes, excludedAttributes, count, startIndex, ...others } = listParameters(random, knowledge);
  const asNumber = (text: string): unknown => (random.chance(0.6) ? Number(text) : text);
  return {
    schemas: [urn.search],
    ...others,
    ...(attributes !== undefined && { attributes: attributes.split(',') }),
    ...(excludedAttributes !== undefined && { excludedAttributes: excludedAttributes.split(',') }),
    ...(count !== undefined && { count: asNumber(count) }),
    ...(startIndex !== undefined && { startIndex: asNumber(startIndex) }),
  };
}

export function bulkBody(random: Random, knowledge: Knowledge): Tree {
  const ids = [...knowledge.users, ...knowledge.groups, 'x'];
  const one = (i: number): Tree => {
    const method = random.pick(['POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'GET', 'post']);
    const endpoint = random.pick(['/Users', '/Groups', '/Users', '/Things', 'Users', '/Users/../Groups', '/scim/v2/Users']);
    const isPost = method.toUpperCase() === 'POST';
    const data =
      method === 'PATCH'
        ? patchBody(random, knowledge)
        : treeOf(endpoint.includes('Group') ? groupBody(random, knowledge) : userBody(random, knowledge));
    const reference = random.pick([random.pick(ids), random.pick(ids), `bulkId:b${random.below(4)}`, hostileText(random)]);
    return {
      members: [
        ['method', method],
        ['path', isPost ? endpoint : `${endpoint}/${reference}`],
        ...(isPost || random.chance(0.2) ? [['bulkId', `b${i}`] as [string, Tree]] : []),
        ...(method === 'DELETE' ? [] : [['data', data] as [string, Tree]]),
        ...(random.chance(0.1) ? [['version', random.pick([...knowledge.versions.values(), 'W/"x"'])] as [string, Tree]] : []),
      ],
    };
  };
  const count = random.weigh([
    [10, 1],
    [10, 3],
    [1, 20],
    [0.2, 1500],
  ]);
  return {
    members: [
      ['schemas', [urn.bulk]],
      ...(random.chance(0.4) ? [['failOnErrors', random.pick([0, 1, 2, -1])] as [string, Tree]] : []),
      ['Operations', Array.from({ length: count }, (_, i) => one(i))],
    ],
  };
}
