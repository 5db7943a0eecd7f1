// Entries that give power over the directory itself, and so over everything that trusts it: known by identity, not by place or name alone.
// [MS-DTYP] 2.4.2.4 (well-known SIDs), [MS-ADTS] 3.1.1.6.1 (adminCount, AdminSDHolder); 389 Directory Server and FreeIPA by their own DNs.
import { type Directory, DirectoryError } from '../ldap/directory.ts';
import { type Dn, equalDn, formatDn, parseDn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { equal, extensible, or } from '../ldap/filter.ts';
import { parseSid } from '../ldap/syntax.ts';
import { askAtOnce } from './at-once.ts';

/**
 * Accounts and groups of a domain by the last part of their SID: Enterprise Read-only Domain Controllers, Administrator, Guest, krbtgt,
 * Domain Admins, Domain Controllers, Cert Publishers, Schema Admins, Enterprise Admins, Group Policy Creator Owners, Read-only Domain
 * Controllers, Key Admins, Enterprise Key Admins.
 */
const domainRids: ReadonlySet<number> = new Set([498, 500, 501, 502, 512, 516, 517, 518, 519, 520, 521, 526, 527]);
/** Administrators, Account, Server, Print and Backup Operators, Replicator. */
const builtinRids: ReadonlySet<number> = new Set([544, 548, 549, 550, 551, 552]);
const builtinDomain = 'S-1-5-32';
/** Those of them that are groups. */
const membershipRids: readonly number[] = [498, 512, 516, 517, 518, 519, 520, 521, 526, 527];
/** Groups without a SID of their own that lead to the same. */
const privilegedNames: ReadonlySet<string> = new Set(['dnsadmins']);
/** LDAP_MATCHING_RULE_TRANSITIVE_EVAL ([MS-ADTS] 3.1.1.3.4.4.3). */
const inChain = '1.2.840.113556.1.4.1941';

/**
 * Whether an entry is privileged: an administrator or a group of administrators, by itself or through groups in groups.
 * @param exists there is probably such an entry: all questions are asked at once
 * @throws DirectoryError when the directory cannot be asked
 */
export async function isPrivileged(directory: Directory, dn: Dn, exists: boolean): Promise<boolean> {
  const { vendor, namingContexts } = directory.capabilities();
  switch (vendor) {
    case 'active-directory':
    case 'samba-ad':
      return isPrivilegedInDomain(directory, dn, exists);
    case '389ds':
      return isAmong(
        directory,
        dn,
        namingContexts.map((context) => `cn=Directory Administrators,${context}`),
      );
    case 'freeipa':
      return isAmong(
        directory,
        dn,
        namingContexts.flatMap((context) => [`cn=admins,cn=groups,cn=accounts,${context}`, `uid=admin,cn=users,cn=accounts,${context}`]),
      );
    default:
      return false;
  }
}

/** SID of the domain that the entries of a directory are in: of the last one that was looked at. */
const domains = new WeakMap<Directory, string>();

async function isPrivilegedInDomain(directory: Directory, dn: Dn, exists: boolean): Promise<boolean> {
  const expected = exists ? domains.get(directory) : undefined;
  const [entry, isNested] = await askAtOnce([
    directory.read(dn, ['objectSid', 'adminCount', 'sAMAccountName', 'primaryGroupID', 'tokenGroups']),
    expected !== undefined && isNestedInPrivileged(directory, dn, expected),
  ]);
  const [octets] = entry?.octets('objectSid') ?? [];
  // What has no SID is neither an account nor a security group.
  if (!entry || !octets) return false;
  const own = parseSid(octets);
  const domain = own.slice(0, own.lastIndexOf('-'));
  domains.set(directory, domain);
  const [primary] = entry.texts('primaryGroupID');
  return (
    entry.texts('adminCount').some((count) => Number(count) > 0) ||
    entry.texts('sAMAccountName').some((name) => privilegedNames.has(name.toLowerCase())) ||
    [own, `${domain}-${primary ?? ''}`, ...groupsOf(entry)].some(isPrivilegedSid) ||
    (domain === expected ? isNested : await isNestedInPrivileged(directory, dn, domain))
  );
}

/** All groups of an account, those of groups and the primary one among them, as far as the service account may see them. */
const groupsOf = (entry: Entry): readonly string[] => entry.octets('tokenGroups').map(parseSid);

function isPrivilegedSid(sid: string): boolean {
  const at = sid.lastIndexOf('-');
  const rid = Number(sid.slice(at + 1));
  return sid.slice(0, at) === builtinDomain ? builtinRids.has(rid) : sid.startsWith('S-1-5-21-') && domainRids.has(rid);
}

/** Samba computes no tokenGroups for groups. A server that cannot read SIDs for DNs in a filter has said what it knows already. */
async function isNestedInPrivileged(directory: Directory, dn: Dn, domain: string): Promise<boolean> {
  const sids = [...membershipRids.map((rid) => `${domain}-${rid}`), ...[...builtinRids].map((rid) => `${builtinDomain}-${rid}`)];
  const filter = or(sids.map((sid) => extensible(`<SID=${sid}>`, { rule: inChain, attribute: 'memberOf' })));
  try {
    return (await directory.read(dn, [], filter)) !== undefined;
  } catch (error) {
    if (error instanceof DirectoryError && error.kind === 'result') return false;
    throw error;
  }
}

/** One of these entries, or directly a member of one, where the directory says so in memberOf. */
async function isAmong(directory: Directory, dn: Dn, privileged: readonly string[]): Promise<boolean> {
  const dns = privileged.map(parseDn);
  if (dns.some((each) => equalDn(each, dn))) return true;
  if (directory.capabilities().schema.attribute('memberOf') === undefined) return false;
  return (await directory.read(dn, [], or(dns.map((each) => equal('memberOf', formatDn(each)))))) !== undefined;
}
