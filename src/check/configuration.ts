// What a server's own configuration says about indexes and overlays, where the bind account may read it.
// slapd-config(5), slapo-refint(5), slapo-unique(5), slapo-ppolicy(5); nsIndex of 389 Directory Server; searchFlags of [MS-ADTS] 2.2.9.
import { type Directory, DirectoryError } from '../ldap/directory.ts';
import { type Dn, emptyDn, isUnder, parseDn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { equal, type Filter, or, present } from '../ldap/filter.ts';
import type { ResourceUses, ServerConfiguration } from '../mapping/lint.ts';

/** Undefined where it cannot be read. */
export async function readConfiguration(
  directory: Directory,
  baseDn: Dn,
  resources: readonly ResourceUses[],
): Promise<ServerConfiguration | undefined> {
  switch (directory.capabilities().vendor) {
    case 'openldap':
      return readSlapd(directory, baseDn);
    case '389ds':
    case 'freeipa':
      return read389(directory, baseDn);
    case 'active-directory':
    case 'samba-ad':
      return readActiveDirectory(directory, [...new Set(resources.flatMap(({ uses }) => uses.map((use) => use.ldap)))]);
    default:
      return undefined;
  }
}

/** All entries, or none where the server refuses. */
async function find(
  directory: Directory,
  base: Dn,
  scope: 'one' | 'sub',
  filter: Filter,
  attributes: readonly string[],
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  try {
    for await (const entry of directory.search({ base, scope, filter, attributes })) entries.push(entry);
    return entries;
  } catch (error) {
    if (error instanceof DirectoryError && error.resultCode !== undefined) return [];
    throw error;
  }
}

const kindsOf = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .split(',')
    .map((kind) => kind.trim())
    .filter((kind) => kind !== '');

async function readSlapd(directory: Directory, baseDn: Dn): Promise<ServerConfiguration | undefined> {
  const databases = await find(directory, parseDn('cn=config'), 'one', present('olcSuffix'), ['olcSuffix', 'olcDbIndex']);
  const database = databases.find((entry) => entry.texts('olcSuffix').some((suffix) => isUnder(baseDn, parseDn(suffix))));
  if (!database) return undefined;
  const filter = equal('objectClass', 'olcOverlayConfig');
  const attributes = ['olcOverlay', 'olcRefintNothing', 'olcUniqueURI', 'olcUniqueAttribute', 'olcPPolicyHashCleartext'];
  const overlays = await find(directory, parseDn(database.dn), 'one', filter, attributes);
  const named = (name: string) =>
    overlays.filter((overlay) => overlay.texts('olcOverlay').some((text) => text.replace(/^\{-?\d+\}/, '').toLowerCase() === name));
  return {
    indexes: parseSlapdIndexes(database.texts('olcDbIndex')),
    overlays: {
      memberOf: named('memberof').length > 0 || named('dynlist').length > 0,
      refint: named('refint').length > 0,
      refintNothing: named('refint').flatMap((overlay) => overlay.texts('olcRefintNothing')),
      unique: named('unique').flatMap((overlay) =>
        [...overlay.texts('olcUniqueAttribute'), ...overlay.texts('olcUniqueURI').flatMap(uniqueAttributes)].map((name) =>
          name.toLowerCase(),
        ),
      ),
      hashesPasswords: named('ppolicy').some((overlay) => overlay.texts('olcPPolicyHashCleartext').includes('TRUE')),
    },
  };
}

/** `cn,mail eq,sub`; `default eq,pres` is for the attributes that come without kinds. */
function parseSlapdIndexes(values: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const indexes = new Map<string, Set<string>>();
  let standard: readonly string[] = [];
  for (const value of values) {
    const [names = '', kinds] = value
      .replace(/^\{\d+\}/, '')
      .trim()
      .split(/\s+/);
    const listed = kinds === undefined ? standard : kindsOf(kinds);
    if (names.toLowerCase() === 'default') standard = listed;
    else for (const name of kindsOf(names)) indexes.set(name.replace(/;.*$/, ''), new Set([...(indexes.get(name) ?? []), ...listed]));
  }
  return indexes;
}

/** `ldap:///ou=people,dc=example?uid,mail?sub?(…)`, possibly several, possibly with a keyword before. */
function uniqueAttributes(uri: string): readonly string[] {
  return uri
    .split(/\s+/)
    .flatMap((part) => /^ldap:\/\/[^?]*\?([^?]*)/i.exec(part)?.[1]?.split(',') ?? [])
    .filter((name) => name !== '');
}

async function read389(directory: Directory, baseDn: Dn): Promise<ServerConfiguration | undefined> {
  const base = parseDn('cn=ldbm database,cn=plugins,cn=config');
  const backends = await find(directory, base, 'one', present('nsslapd-suffix'), ['nsslapd-suffix']);
  const backend = backends.find((entry) => entry.texts('nsslapd-suffix').some((suffix) => isUnder(baseDn, parseDn(suffix))));
  if (!backend) return undefined;
  const entries = await find(directory, parseDn(backend.dn), 'sub', equal('objectClass', 'nsIndex'), ['cn', 'nsIndexType']);
  if (entries.length === 0) return undefined;
  return {
    indexes: new Map(
      entries.flatMap((entry) =>
        entry
          .texts('cn')
          .map((name) => [name.toLowerCase(), new Set(entry.texts('nsIndexType').map((kind) => kind.toLowerCase()))] as const),
      ),
    ),
  };
}

/** Bit 0 of searchFlags is an index; links are found from both sides without one. */
async function readActiveDirectory(directory: Directory, names: readonly string[]): Promise<ServerConfiguration | undefined> {
  const root = await directory.read(emptyDn, ['schemaNamingContext']);
  const schema = root?.texts('schemaNamingContext')[0];
  if (schema === undefined) return undefined;
  const entries = await find(directory, parseDn(schema), 'one', or(names.map((name) => equal('lDAPDisplayName', name))), [
    'lDAPDisplayName',
    'searchFlags',
    'linkID',
  ]);
  if (entries.length === 0) return undefined;
  const indexed = entries.filter((entry) => entry.has('linkID') || (Number(entry.texts('searchFlags')[0] ?? 0) & 1) !== 0);
  return {
    indexes: new Map(
      indexed.flatMap((entry) => entry.texts('lDAPDisplayName').map((name) => [name.toLowerCase(), new Set(['eq'])] as const)),
    ),
  };
}
