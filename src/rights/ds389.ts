// Access control instructions and resource limits of 389 Directory Server for exactly what a mapping reads and writes.
// Administration guide, "Managing access control"; the attributes nsSizeLimit, nsLookThroughLimit and their like on the account itself.
import { type Dn, formatDn } from '../ldap/dn.ts';
import { and, escapeValue, type Filter, formatFilter } from '../ldap/filter.ts';
import { distinct, distinctDns, type Needs, type ResourceNeeds } from './needs.ts';
import { fold } from './quoting.ts';

export function print389(needs: Needs): string {
  const blocks = distinctDns([needs.baseDn, ...needs.resources.flatMap(({ bases }) => bases.map(({ dn }) => dn))]).flatMap((dn) => {
    const acis = acisOf(needs, dn);
    return acis.length === 0
      ? []
      : [`dn: ${formatDn(dn)}\nchangetype: modify\nadd: aci\n${acis.map((aci) => fold(`aci: ${aci}`)).join('\n')}\n`];
  });
  const limits = limitNames.map((name) => `replace: ${name}\n${name}: -1`).join('\n-\n');
  return `# ldapmodify -x -H ldaps://SERVER -D 'cn=Directory Manager' -W -f THIS_FILE
${blocks.join('\n')}
# Lists must not be cut: no limits for this account.
dn: ${needs.account}
changetype: modify
${limits}
`;
}

const limitNames = ['nsSizeLimit', 'nsLookThroughLimit', 'nsPagedSizeLimit', 'nsPagedLookThroughLimit', 'nsTimeLimit'];

function acisOf(needs: Needs, at: Dn): readonly string[] {
  const aci = (target: string, name: string, rights: string): string =>
    `${target}(version 3.0; acl "SCIM gateway: ${name}"; allow (${rights}) userdn="ldap:///${escapeUrl(needs.account)}";)`;
  const own = needs.resources.filter(({ bases }) => bases.some(({ dn }) => formatDn(dn) === formatDn(at)));
  const isBase = formatDn(at) === formatDn(needs.baseDn);
  const see = aci(
    attributes(['entrydn', 'objectClass']) + filtered(`(entrydn=${escapeValue(formatDn(at))})`),
    'see the container',
    'read,search,compare',
  );
  return [...(isBase || own.length > 0 ? [see] : []), ...own.flatMap((resource) => resourceAcis(resource, at, aci))];
}

/** Rules hold for the whole subtree: a filter on the DN is what limits them to one entry. */
function resourceAcis(resource: ResourceNeeds, at: Dn, aci: (target: string, name: string, rights: string) => string): readonly string[] {
  const { name, reads, writes, sets, createsIn, deletes, password, filter } = resource;
  const scope = resource.bases.find(({ dn }) => formatDn(dn) === formatDn(at))?.scope;
  const one: Filter = { kind: 'equal', attribute: 'entrydn', value: formatDn(at) };
  const where = filtered(formatFilter(scope === 'base' ? and([filter, one]) : filter));
  const added = [...(createsIn.length > 0 ? ['add'] : []), ...(deletes ? ['delete'] : [])];
  return [
    aci(attributes(distinct([...reads, ...sets, 'entrydn'])) + where, `read ${name}`, 'read,search,compare'),
    ...(writes.length > 0 ? [aci(attributes(writes) + where, `write ${name}`, 'write')] : []),
    ...(password === undefined ? [] : [aci(attributes(['userPassword']) + where, `password of ${name}`, 'write')]),
    ...(added.length > 0 ? [aci(where, `${added.join(' and ')} ${name}`, added.join(','))] : []),
  ];
}

const attributes = (names: readonly string[]): string => `(targetattr="${names.join(' || ')}")`;
const filtered = (filter: string): string => `(targetfilter="${filter}")`;

/** The account stands in an LDAP URL. */
const escapeUrl = (dn: string): string => dn.replace(/[?"\\]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
