// Paths and queries: of what is known, of what is gone, of other places, and spoiled ones.
// Test set-up only; RFC 3986, RFC 7644 sections 3.2 and 3.4.2.
import { spoilText } from './filters.ts';
import { hostileText, ownDn } from './hostile.ts';
import type { Knowledge } from './knowledge.ts';
import { listParameters } from './messages.ts';
import type { Random } from './random.ts';

export function resourceId(random: Random, { users, groups, gone, names }: Knowledge, isGroup: boolean): string {
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

export function discovery(random: Random): string {
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

export function elsewhere(random: Random, knowledge: Knowledge): string {
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

export function query(parameters: Readonly<Record<string, string>>, random: Random): string {
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

export function projection(random: Random, knowledge: Knowledge): string {
  if (!random.chance(0.15)) return '';
  const { filter, attributes, excludedAttributes } = listParameters(random, knowledge);
  const parameters = {
    ...(attributes !== undefined && { attributes }),
    ...(excludedAttributes !== undefined && { excludedAttributes }),
    ...(filter !== undefined && random.chance(0.3) && { filter }),
  };
  return `?${query(parameters, random)}`;
}
