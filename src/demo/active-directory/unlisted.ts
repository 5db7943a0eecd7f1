// What a domain controller says about itself: the root DSE, the schema in one entry, its own settings and its query policy.
// MS-ADTS 3.1.1.3.2 (root DSE), 3.1.1.3.4.6 (LDAP policies), 6.1.1.2 (configuration naming context).
import { formatGuid } from '../../ldap/syntax.ts';
import { collectAttributes, makeAttribute, type Attributes } from '../attribute.ts';
import type { ChangeClock } from '../change-clock.ts';
import type { UnlistedEntry } from '../face.ts';
import type { Domain } from './domain.ts';
import { maxPageSize, maxValRange } from './limits.ts';
import { adSchema, published } from './schema.ts';

/** Active Directory, signing, of Windows 2003 and later, of Windows 2008 R2 and later, of Windows 8 and later. */
const capabilities = [800, 1670, 1791, 1935, 2080, 2237].map((last) => `1.2.840.113556.1.4.${last}`);
const policies = { MaxPageSize: maxPageSize, MaxValRange: maxValRange } as const;
/** Windows Server 2012 R2. */
const functionalLevel = '6';

function makeAttributes(values: Readonly<Record<string, readonly (string | Buffer)[]>>): Attributes {
  return collectAttributes(Object.entries(values).map(([name, list]) => makeAttribute(name, list, adSchema)));
}

export function unlistedEntries(domain: Domain, controls: readonly string[], clock: ChangeClock): readonly UnlistedEntry[] {
  const { suffix, dnsName, hostName } = domain;
  const schema = domain.named('CN=Schema,CN=Configuration');
  const server = domain.named('CN=DC1,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration');
  const policy = 'CN=Default Query Policy,CN=Query-Policies,CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration';
  const now = (): string => `${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}.0Z`;
  const rootDse = makeAttributes({
    configurationNamingContext: [domain.named('CN=Configuration')],
    defaultNamingContext: [suffix],
    dnsHostName: [hostName],
    domainControllerFunctionality: [functionalLevel],
    domainFunctionality: [functionalLevel],
    dsServiceName: [`CN=NTDS Settings,${server}`],
    forestFunctionality: [functionalLevel],
    isGlobalCatalogReady: ['TRUE'],
    isSynchronized: ['TRUE'],
    ldapServiceName: [`${dnsName}:dc1$@${dnsName.toUpperCase()}`],
    namingContexts: [suffix, domain.named('CN=Configuration'), schema],
    rootDomainNamingContext: [suffix],
    schemaNamingContext: [schema],
    serverName: [server],
    subSchemaSubEntry: [`CN=Aggregate,${schema}`],
    supportedCapabilities: capabilities,
    supportedControl: controls,
    supportedExtension: ['1.3.6.1.4.1.1466.20037', '1.3.6.1.4.1.4203.1.11.3'],
    supportedLDAPPolicies: Object.keys(policies),
    supportedLDAPVersion: ['3', '2'],
  });
  return [
    {
      dn: '',
      attributes: rootDse,
      computed: new Map([
        ['currentTime', () => [now()]],
        ['highestCommittedUSN', () => [String(clock.latest.usn)]],
      ]),
    },
    {
      dn: `CN=Aggregate,${schema}`,
      attributes: makeAttributes({
        objectClass: ['top', 'subSchema'],
        cn: ['Aggregate'],
        name: ['Aggregate'],
        ...Object.fromEntries(published),
      }),
    },
    {
      dn: `CN=NTDS Settings,${server}`,
      attributes: makeAttributes({
        objectClass: ['top', 'applicationSettings', 'nTDSDSA'],
        cn: ['NTDS Settings'],
        name: ['NTDS Settings'],
        objectGUID: [formatGuid('6f7a8c1e-52d4-4d0b-9a53-0c5d1f7be2a4')],
        invocationId: [domain.invocationId],
        options: ['1'],
      }),
    },
    {
      dn: domain.named(policy),
      attributes: makeAttributes({
        objectClass: ['top', 'queryPolicy'],
        cn: ['Default Query Policy'],
        name: ['Default Query Policy'],
        lDAPAdminLimits: Object.entries(policies).map(([name, value]) => `${name}=${value}`),
      }),
    },
  ];
}
