// Access rules and limits of slapd for exactly what a mapping reads and writes.
// slapd.access(5), slapd.conf(5), slapd-config(5).
import { type Dn, formatDn } from '../ldap/dn.ts';
import { formatFilter } from '../ldap/filter.ts';
import { distinct, distinctDns, type Needs, type ResourceNeeds } from './needs.ts';
import { fold } from './quoting.ts';

/** Values of `access` or `olcAccess`, in order, to be put before all others. Each lets everybody else pass on to the next rule. */
function slapdAccess(needs: Needs): readonly string[] {
  const by = (level: string): string => `by dn.exact=${quote(needs.account)} ${level} by * break`;
  return [
    `to dn.base=${quoteDn(needs.baseDn)} attrs=entry,entryDN,objectClass ${by('read')}`,
    ...containerRules(needs, by),
    ...needs.resources.flatMap((resource) => resourceRules(resource, by)),
  ];
}

/** How the gateway finds entries by DN, and what versions are made of. */
const operational = ['entryCSN', 'entryDN'];

/** Search bases must be seen; `children` of a container decides who adds, renames and deletes in it. */
function containerRules({ resources }: Needs, by: (level: string) => string): readonly string[] {
  const bases = distinctDns(resources.flatMap((resource) => [...resource.bases.map(({ dn }) => dn), ...resource.createsIn]));
  const changes = distinctDns(
    resources.filter(changesNames).flatMap((resource) => [...resource.bases.map(({ dn }) => dn), ...resource.createsIn]),
  );
  return [
    ...changes.map((dn) => `to dn.subtree=${quoteDn(dn)} attrs=children ${by('write')}`),
    ...bases.map((dn) => `to dn.base=${quoteDn(dn)} attrs=entry,entryDN,objectClass ${by('read')}`),
  ];
}

const changesNames = ({ createsIn, deletes, renames }: ResourceNeeds): boolean => createsIn.length > 0 || deletes || renames.length > 0;

/** Only entries that the mapping's own filter matches, before and after a change. */
function resourceRules(resource: ResourceNeeds, by: (level: string) => string): readonly string[] {
  const { reads, writes, sets, password, filter } = resource;
  const readOnly = reads.filter((name) => !writes.some((other) => other.toLowerCase() === name.toLowerCase()));
  return resource.bases.flatMap(({ dn, scope }) => {
    const what = `to dn.${scopes[scope]}=${quoteDn(dn)} filter=${quote(formatFilter(filter))}`;
    return [
      `${what} attrs=entry ${by(changesNames(resource) ? 'write' : 'read')}`,
      ...(writes.length > 0 ? [`${what} attrs=${writes.join(',')} ${by('write')}`] : []),
      ...(sets.length > 0 ? [`${what} attrs=${sets.join(',')} ${by('=rscxda')}`] : []),
      ...(password === undefined ? [] : [`${what} attrs=userPassword ${by('=w')}`]),
      `${what} attrs=${distinct([...readOnly.filter((name) => !sets.includes(name)), ...operational]).join(',')} ${by('read')}`,
    ];
  });
}

/** slapd takes one backslash away, inside quotes and outside. */
const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
const quoteDn = (dn: Dn): string => quote(formatDn(dn));

const scopes = { base: 'base', one: 'onelevel', sub: 'subtree' } as const;

const limits = 'size.soft=unlimited size.hard=unlimited size.prtotal=unlimited time.soft=unlimited time.hard=unlimited';

export function printSlapdConf(needs: Needs): string {
  return `# For slapd.conf, in the database section of ${formatDn(needs.baseDn)}, before its other access lines.
limits dn.exact=${quote(needs.account)} ${limits}

${slapdAccess(needs)
  .map((rule) => `access ${rule}`)
  .join('\n')}
`;
}

export function printSlapdLdif(needs: Needs): string {
  const access = slapdAccess(needs).map((rule, i) => `olcAccess: {${i}}${rule}`);
  return `# For cn=config: ldapmodify -Y EXTERNAL -H ldapi:/// -f THIS_FILE
# The database of ${formatDn(needs.baseDn)}; see: ldapsearch -Y EXTERNAL -H ldapi:/// -b cn=config '(olcSuffix=*)' dn
# The rules go before those that are there, which go on to hold for everybody else.
dn: olcDatabase={1}mdb,cn=config
changetype: modify
add: olcLimits
olcLimits: {0}dn.exact=${quote(needs.account)} ${limits}
-
add: olcAccess
${access.map(fold).join('\n')}
`;
}
