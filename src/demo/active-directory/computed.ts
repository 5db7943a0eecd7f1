// Attributes that exist only when somebody asks: back links, and what other attributes already tell.
// MS-ADTS 3.1.1.4.5 (constructed attributes).
import type { ComputedAttributes, Node } from '../node.ts';
import type { Surroundings } from '../face.ts';
import { relativeId, type Domain } from './domain.ts';
import { backLinks, groupsOf, holdersOf } from './links.ts';

const isGroup = (node: Node): boolean => node.attributes.has('groupType');

export function computedAttributes(domain: Domain, { find }: Surroundings): ComputedAttributes {
  const copyOf = (name: string) => (node: Node) => [node.octets(name)].filter((value) => value !== undefined);
  return new Map<string, (node: Node) => readonly (string | Buffer)[]>([
    ['distinguishedName', (node) => [node.name]],
    ...Array.from(backLinks, ([back, forward]) => [back, (node: Node) => holdersOf(node, forward, find).map(({ name }) => name)] as const),
    ['canonicalName', (node) => [canonicalName(node, domain)]],
    ['createTimeStamp', copyOf('whenCreated')],
    ['modifyTimeStamp', copyOf('whenChanged')],
    ['subSchemaSubEntry', () => [domain.category('Aggregate')]],
    [
      'primaryGroupToken',
      (node) => (isGroup(node) ? [node.octets('objectSid')].flatMap((sid) => (sid ? [String(relativeId(sid))] : [])) : []),
    ],
    [
      'tokenGroups',
      (node) =>
        node.attributes.has('sAMAccountName') ? [...groupsOf(node, find)].flatMap((group) => group.octets('objectSid') ?? []) : [],
    ],
    ['msDS-User-Account-Control-Computed', (node) => (node.attributes.has('userAccountControl') ? ['0'] : [])],
    [
      'msDS-PrincipalName',
      (node) => [node.text('sAMAccountName')].flatMap((name) => (name === undefined ? [] : [`${domain.netBiosName}\\${name}`])),
    ],
  ]);
}

/** `example.com/Staff/Ann Example` */
function canonicalName(node: Node, { dnsName }: Domain): string {
  const own = node.dn.rdns
    .filter(([ava]) => ava?.type.toLowerCase() !== 'dc')
    .map(([ava]) => String(ava?.value).replaceAll('/', '\\/'))
    .toReversed();
  return own.length === 0 ? `${dnsName}/` : [dnsName, ...own].join('/');
}
