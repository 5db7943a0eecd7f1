// The company as a domain would hold it: people in OU=Staff, contractors below it, groups in OU=Groups, beside what every domain has.
// MS-ADTS 6.1.1.4 (well-known objects), 6.1.1.6 (well-known domain-relative security principals).
import { createHash, randomBytes } from 'node:crypto';
import { formatDn, parseDn, type Dn } from '../../ldap/dn.ts';
import { formatSid } from '../../ldap/syntax.ts';
import { inventCompany, type Group, type Origin, type Person } from '../company/company.ts';
import type { Directory } from '../directory.ts';
import { resolveDn } from '../names.ts';
import { accountBit } from './account.ts';
import { establish, type Given } from './add.ts';
import type { Call } from './call.ts';
import { deletedObjects } from './delete.ts';
import { rid, type Domain } from './domain.ts';
import { adSchema } from './schema.ts';

type Values = Given['values'];

/** Fills a directory. With 0 users there are no groups but those of every domain. */
export function seedActiveDirectory(directory: Directory, domain: Domain, users: number): void {
  const session = { identity: { kind: 'administrator', dn: '' }, secured: true, paging: { lastId: 0, count: 0 } } as const;
  const call: Call = { controls: {}, session, directory, domain };
  const put = (dn: Dn, values: Values, more: Omit<Given, 'dn' | 'values'> = {}): void => establish({ dn, values, ...more }, call);
  const { origin, places, members } = inventCompany(users);
  const at = (name: string): Dn => parseDn(domain.named(name));
  const from = (name: string): Origin => ({ ...origin, uuid: uuidOf(name) });
  put(
    parseDn(domain.suffix),
    { objectClass: ['domainDNS'], isCriticalSystemObject: ['TRUE'], ...passwordPolicy },
    { origin, sid: domain.sid },
  );
  for (const [name, values] of containers) put(at(name), values, { origin: from(name) });
  for (const { name, values, sid } of builtInAccounts(directory, domain)) put(at(name), values, { sid, origin: from(name) });
  for (const [index, name] of ['OU=Staff', 'OU=Groups'].entries())
    put(at(name), { objectClass: ['organizationalUnit'] }, { origin: places[index] ?? origin });
  put(at('OU=Contractors,OU=Staff'), { objectClass: ['organizationalUnit'] }, { origin: from('OU=Contractors,OU=Staff') });
  const write = writerFor(directory, domain);
  for (const member of members) {
    const { dn, values } = write(member);
    put(dn, values, { origin: member.origin });
  }
}

const passwordPolicy: Values = {
  minPwdLength: ['7'],
  pwdProperties: ['1'],
  pwdHistoryLength: ['24'],
  minPwdAge: ['0'],
  maxPwdAge: ['-9223372036854775808'],
  lockoutThreshold: ['0'],
};

const critical = { isCriticalSystemObject: ['TRUE'] } as const;
const containers: readonly (readonly [name: string, values: Values])[] = [
  ['CN=Users', { objectClass: ['container'], description: ['Default container for upgraded user accounts'], ...critical }],
  ['CN=Computers', { objectClass: ['container'], description: ['Default container for upgraded computer accounts'], ...critical }],
  ['CN=Builtin', { objectClass: ['builtinDomain'], ...critical }],
  ['CN=System', { objectClass: ['container'], ...critical }],
  [deletedObjects, { objectClass: ['container'], isDeleted: ['TRUE'], ...critical }],
];

/** The same at every start. */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

interface BuiltIn {
  readonly name: string;
  readonly values: Values;
  readonly sid: Buffer;
}

/** Those that guards must know: administrators, the account of the key distribution centre, and the groups that give rights. */
function builtInAccounts({ administrator }: Directory, domain: Domain): readonly BuiltIn[] {
  const protectedAccount = { adminCount: ['1'], ...critical } as const;
  const user = (name: string, id: number, state: number, more: Values = {}): BuiltIn => ({
    name: `CN=${name},CN=Users`,
    sid: domain.sidOf(id),
    values: { objectClass: ['user'], sAMAccountName: [name], userAccountControl: [String(state)], ...critical, ...more },
  });
  const group = (
    name: string,
    description: string,
    sid: Buffer,
    groupType: string,
    members: readonly string[],
    more: Values = {},
  ): BuiltIn => ({
    name,
    sid,
    values: {
      objectClass: ['group'],
      sAMAccountName: [String(parseDn(name).rdns[0]?.[0]?.value)],
      description: [description],
      groupType: [groupType],
      ...(members.length > 0 && { member: members.map((member) => domain.named(member)) }),
      ...critical,
      ...more,
    },
  });
  const [global, local] = ['-2147483646', '-2147483643'];
  const own = String(administrator.dn.rdns[0]?.[0]?.value);
  const [first, domainAdmins] = [`CN=${own},CN=Users`, 'CN=Domain Admins,CN=Users'];
  return [
    user(own, rid.administrator, accountBit.normal, {
      ...protectedAccount,
      unicodePwd: [quote(administrator.password.toString('utf8'))],
      description: ['Built-in account for administering the computer/domain'],
    }),
    user('Guest', rid.guest, accountBit.normal | accountBit.disabled | accountBit.noPasswordNeeded),
    user('krbtgt', rid.krbtgt, accountBit.normal | accountBit.disabled, protectedAccount),
    group('CN=Domain Users,CN=Users', 'All domain users', domain.sidOf(rid.domainUsers), global, []),
    group('CN=Domain Guests,CN=Users', 'All domain guests', domain.sidOf(rid.domainGuests), global, []),
    group(domainAdmins, 'Designated administrators of the domain', domain.sidOf(rid.domainAdmins), global, [first], protectedAccount),
    group(
      'CN=Administrators,CN=Builtin',
      'Administrators have complete and unrestricted access to the computer/domain',
      formatSid('S-1-5-32-544'),
      local,
      [first, domainAdmins],
      protectedAccount,
    ),
    group(
      'CN=Account Operators,CN=Builtin',
      'Members can administer domain user and group accounts',
      formatSid('S-1-5-32-548'),
      local,
      [],
      protectedAccount,
    ),
    group(
      'CN=Users,CN=Builtin',
      'Users are prevented from making accidental or intentional system-wide changes',
      formatSid('S-1-5-32-545'),
      local,
      ['CN=Domain Users,CN=Users'],
    ),
  ];
}

const quote = (password: string): Buffer => Buffer.from(`"${password}"`, 'utf16le');

interface Written {
  readonly dn: Dn;
  readonly values: Values;
}

function writerFor({ tree }: Directory, domain: Domain): (member: Person | Group) => Written {
  const names = new Map<Person | Group, Dn>();
  const nameOf = (member: Person | Group): string => formatDn(names.get(member) ?? { rdns: [] });
  return (member) => {
    const place = member.kind === 'group' ? 'OU=Groups' : member.contractor ? 'OU=Contractors,OU=Staff' : 'OU=Staff';
    const named = (cn: string): Dn => {
      const { rdns } = parseDn(domain.named(place));
      return { rdns: [[{ type: 'CN', value: cn }], ...rdns] };
    };
    const name = member.kind === 'group' ? member.name : member.fullName;
    const taken = tree.get(resolveDn(formatDn(named(name)), adSchema) ?? named(name)) !== undefined;
    const dn = named(taken && member.kind === 'person' ? `${name} (${member.userName})` : name);
    names.set(member, dn);
    const values =
      member.kind === 'group' ? describeGroup(member, nameOf) : describePerson(member, domain, member.manager && nameOf(member.manager));
    return { dn, values: Object.fromEntries(Object.entries(values).filter(([, list]) => list.length > 0)) };
  };
}

/** Codes of the countries of the offices (ISO 3166-1). */
const countries: ReadonlyMap<string, string> = new Map([
  ['Denver', 'US'],
  ['Köln', 'DE'],
  ['London', 'GB'],
  ['Lyon', 'FR'],
  ['Melbourne', 'AU'],
]);

function describePerson(person: Person, domain: Domain, manager: string | undefined): Values {
  const { userName, fullName, office, active, department } = person;
  const state = accountBit.normal | (active ? 0 : accountBit.disabled);
  return {
    objectClass: ['user'],
    // No 20 characters may be exceeded; the number is nobody else's.
    sAMAccountName: [userName.length <= 20 ? userName : `${userName.slice(0, 14)}-${person.number}`],
    userPrincipalName: [`${userName}@${domain.dnsName}`],
    userAccountControl: [String(state)],
    unicodePwd: [quote(`${randomBytes(12).toString('base64')}-aA1`)],
    displayName: [fullName],
    givenName: [person.given.written],
    sn: [person.family.written],
    mail: person.mail.slice(0, 1),
    otherMailbox: person.mail.slice(1),
    title: [person.title],
    department: department ? [department.name] : [],
    company: [office.company],
    employeeID: [String(person.number)],
    employeeType: [person.contractor ? 'Contractor' : 'Employee'],
    preferredLanguage: [person.language],
    streetAddress: [office.street],
    l: [office.city],
    st: [office.region],
    postalCode: [office.postalCode],
    c: [countries.get(office.city)].filter((code) => code !== undefined),
    telephoneNumber: [person.telephone],
    mobile: person.mobile === undefined ? [] : [person.mobile],
    manager: manager === undefined ? [] : [manager],
  };
}

function describeGroup({ name, description, members }: Group, nameOf: (member: Person | Group) => string): Values {
  return {
    objectClass: ['group'],
    sAMAccountName: [name.replace(/["/\\[\]:;|=,+*?<>]/g, '')],
    description: [description],
    member: members.map(nameOf),
  };
}
