// Subschema descriptions as OpenLDAP, 389 Directory Server and Active Directory publish them.
// RFC 4512 section 4.1; [MS-ADTS] 3.1.1.2.2.2 and 3.1.1.3.1.1.
import { describe, expect, it } from 'vitest';
import type { AttributeType, DirectorySchema } from '../../src/ldap/schema.ts';
import { allAttributesOf, equalityKind, ordersBy, parseSchema, substringKind, withActiveDirectoryRules } from '../../src/ldap/schema.ts';

const openldap = parseSchema({
  attributeTypes: [
    `( 2.5.4.0 NAME 'objectClass' DESC 'RFC4512: object classes of the entity' EQUALITY objectIdentifierMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.38 )`,
    `( 2.5.18.1 NAME 'createTimestamp' DESC 'RFC4512: time which object was created' EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation )`,
    `( 1.3.6.1.1.16.4 NAME 'entryUUID' DESC 'UUID of the entry' EQUALITY UUIDMatch ORDERING UUIDOrderingMatch SYNTAX 1.3.6.1.1.16.1 SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation )`,
    `( 2.5.4.49 NAME 'distinguishedName' DESC 'RFC4519: common supertype of DN attributes' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )`,
    `( 2.5.4.41 NAME 'name' DESC 'RFC4519: common supertype of name attributes' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{32768} )`,
    `( 2.5.4.3 NAME ( 'cn' 'commonName' ) DESC 'RFC4519: common name(s) for which the entity is known by' SUP name )`,
    `( 2.5.4.4 NAME ( 'sn' 'surname' ) DESC 'RFC2256: last (family) name(s) for which the entity is known by' SUP name )`,
    `( 2.5.4.6 NAME ( 'c' 'countryName' ) DESC 'RFC4519: two-letter ISO-3166 country code' SUP name SYNTAX 1.3.6.1.4.1.1466.115.121.1.11 SINGLE-VALUE )`,
    `( 2.5.4.20 NAME 'telephoneNumber' DESC 'RFC2256: Telephone Number' EQUALITY telephoneNumberMatch SUBSTR telephoneNumberSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.50{32} )`,
    `( 2.5.4.31 NAME 'member' DESC 'RFC2256: member of a group' SUP distinguishedName )`,
    `( 2.5.4.35 NAME 'userPassword' DESC 'RFC4519/2307: password of user' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40{128} )`,
    `( 0.9.2342.19200300.100.1.1 NAME ( 'uid' 'userid' ) DESC 'RFC4519: user identifier' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{256} )`,
    `( 0.9.2342.19200300.100.1.3 NAME ( 'mail' 'rfc822Mailbox' ) DESC 'RFC1274: RFC822 Mailbox'   EQUALITY caseIgnoreIA5Match SUBSTR caseIgnoreIA5SubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.26{256} )`,
    `( 1.3.6.1.1.1.1.0 NAME 'uidNumber' DESC 'An integer uniquely identifying a user in an administrative domain' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )`,
    `( 2.16.840.1.113730.3.1.216 NAME 'userPKCS12' DESC 'RFC2798: PKCS #12 PFX PDU for exchange of personal identity information' SYNTAX 1.3.6.1.4.1.1466.115.121.1.5 )`,
    `( 1.3.6.1.4.1.250.1.57 NAME 'labeledURI' DESC 'RFC2079: Uniform Resource Identifier with optional label' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )`,
  ],
  objectClasses: [
    `( 2.5.6.0 NAME 'top' DESC 'top of the superclass chain' ABSTRACT MUST objectClass )`,
    `( 2.5.6.6 NAME 'person' DESC 'RFC2256: a person' SUP top STRUCTURAL MUST ( sn $ cn ) MAY ( userPassword $ telephoneNumber $ seeAlso $ description ) )`,
    `( 2.5.6.7 NAME 'organizationalPerson' DESC 'RFC2256: an organizational person' SUP person STRUCTURAL MAY ( title $ ou $ st $ l ) )`,
    `( 2.16.840.1.113730.3.2.2
        NAME 'inetOrgPerson'
        DESC 'RFC2798: Internet Organizational Person'
        SUP organizationalPerson
        STRUCTURAL
        MAY ( displayName $ givenName $ mail $ rfc822Mailbox $ surname $ uid $ userPKCS12 ) )`,
    `( 1.3.6.1.1.1.2.0 NAME 'posixAccount' DESC 'Abstraction of an account with POSIX attributes' SUP top AUXILIARY MUST ( cn $ userid $ uidNumber ) MAY ( userPassword ) )`,
  ],
});

const ds389 = parseSchema({
  attributeTypes: [
    `( 2.16.840.1.113730.3.1.2236 NAME 'nsAccountLock' DESC 'Netscape's lock' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE USAGE directoryOperation X-ORIGIN ( 'Netscape' 'user defined' ) X-DS-USE 'internal' )`,
    `( nsManagedDomain-oid NAME 'nsManagedDomain' DESC 'Netscape defined attribute type' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 X-ORIGIN 'Netscape Administration Services' )`,
    `( 1.2.840.113556.1.2.102 NAME 'memberOf' DESC 'Group that the entry belongs to' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 X-ORIGIN 'Netscape Delegated Administrator' )`,
    `( 1.3.6.1.4.1.1466.1 NAME 'quoted' DESC 'don\\27t \\5C (me) $' SUP 'memberOf' SINGLE-VALUE )`,
    `( 1.3.6.1.4.1.1466.2 NAME 'emptyDescription' DESC '' EQUALITY 2.5.13.5 SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )`,
    `(1.3.6.1.4.1.1466.3 NAME('dense'  'thick')EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{64})`,
  ],
  objectClasses: [
    `( nsAdminGroup-oid NAME 'nsAdminGroup' DESC 'Netscape defined objectclass' SUP top  MUST ( cn )  MAY ( nsAdminGroupName $description ) X-ORIGIN 'Netscape' )`,
  ],
});

const activeDirectorySource = {
  attributeTypes: [
    `( 2.5.4.3 NAME 'cn' SYNTAX '1.3.6.1.4.1.1466.115.121.1.15' SINGLE-VALUE )`,
    `( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' SYNTAX '1.3.6.1.4.1.1466.115.121.1.15' SINGLE-VALUE )`,
    `( 1.2.840.113556.1.4.8 NAME 'userAccountControl' SYNTAX '1.3.6.1.4.1.1466.115.121.1.27' SINGLE-VALUE )`,
    `( 1.2.840.113556.1.4.159 NAME 'accountExpires' SYNTAX '1.2.840.113556.1.4.906' SINGLE-VALUE )`,
    `( 1.2.840.113556.1.4.2 NAME 'objectGUID' SYNTAX '1.3.6.1.4.1.1466.115.121.1.40' SINGLE-VALUE NO-USER-MODIFICATION )`,
    `( 1.2.840.113556.1.2.2 NAME 'whenCreated' SYNTAX '1.3.6.1.4.1.1466.115.121.1.24' SINGLE-VALUE NO-USER-MODIFICATION )`,
    `( 2.5.18.1 NAME 'createTimeStamp' SYNTAX '1.3.6.1.4.1.1466.115.121.1.24' SINGLE-VALUE NO-USER-MODIFICATION )`,
    `( 2.5.4.31 NAME 'member' SYNTAX '1.3.6.1.4.1.1466.115.121.1.12' )`,
    `( 2.5.4.35 NAME 'userPassword' SYNTAX '1.3.6.1.4.1.1466.115.121.1.40' )`,
    `( 1.2.840.113556.1.2.281 NAME 'nTSecurityDescriptor' SYNTAX '1.2.840.113556.1.4.907' SINGLE-VALUE )`,
    `( 1.2.840.113556.1.4.618 NAME 'wellKnownObjects' SYNTAX '1.2.840.113556.1.4.903' )`,
    `( 2.5.4.5 NAME 'serialNumber' SYNTAX '1.3.6.1.4.1.1466.115.121.1.44' )`,
    `( 1.2.840.113556.1.2.48 NAME 'isDeleted' SYNTAX '1.3.6.1.4.1.1466.115.121.1.7' SINGLE-VALUE )`,
    `( 2.5.4.24 NAME 'x121Address' SYNTAX '1.3.6.1.4.1.1466.115.121.1.36' )`,
  ],
  objectClasses: [
    `( 2.5.6.0 NAME 'top' SUP top ABSTRACT MUST (objectClass $ instanceType ) MAY (cn $ description $ whenCreated ) )`,
    `( 2.5.6.6 NAME 'person' SUP top ABSTRACT MUST (cn ) MAY (sn $ userPassword ) )`,
    `( 2.5.6.7 NAME 'organizationalPerson' SUP person ABSTRACT MAY (title $ department ) )`,
    `( 1.2.840.113556.1.5.9 NAME 'user' SUP organizationalPerson STRUCTURAL MAY (userAccountControl $ accountExpires ) )`,
    `( 1.2.840.113556.1.5.6 NAME 'securityPrincipal' SUP top AUXILIARY MUST (objectSid $ sAMAccountName ) MAY (tokenGroups ) )`,
  ],
  dITContentRules: [`( 1.2.840.113556.1.5.9 NAME 'user' AUX (securityPrincipal ) MAY (labeledURI ) )`],
};
const activeDirectory = withActiveDirectoryRules(parseSchema(activeDirectorySource));

const attribute = (schema: DirectorySchema, name: string): AttributeType => {
  const found = schema.attribute(name);
  if (found === undefined) throw new Error(`no attribute ${name}`);
  return found;
};

describe('parseSchema', () => {
  it('reads every description above', () => {
    expect([openldap.attributes.length, openldap.objectClasses.length]).toEqual([16, 5]);
    expect([ds389.attributes.length, ds389.objectClasses.length]).toEqual([6, 1]);
    expect([activeDirectory.attributes.length, activeDirectory.objectClasses.length]).toEqual([14, 5]);
  });

  it('reads all that is said of an attribute type', () => {
    expect(openldap.attribute('createTimestamp')).toEqual({
      name: 'createTimestamp',
      names: ['createTimestamp'],
      oid: '2.5.18.1',
      syntax: '1.3.6.1.4.1.1466.115.121.1.24',
      equality: 'generalizedTimeMatch',
      ordering: 'generalizedTimeOrderingMatch',
      substring: undefined,
      singleValue: true,
      noUserModification: true,
      operational: true,
    });
  });

  it.each(['cn', 'CN', 'commonname', '2.5.4.3', 'cn;lang-en', 'cn;binary'])('finds an attribute type as %s', (name) => {
    expect(openldap.attribute(name)?.name).toBe('cn');
  });

  it.each(['inetorgperson', 'INETORGPERSON', '2.16.840.1.113730.3.2.2'])('finds an object class as %s', (name) => {
    expect(openldap.objectClass(name)?.name).toBe('inetOrgPerson');
  });

  it.each(['', 'unknown', '__proto__', 'constructor', 'toString'])('knows nothing of %j', (name) => {
    expect(openldap.attribute(name)).toBeUndefined();
    expect(openldap.objectClass(name)).toBeUndefined();
  });

  it('inherits syntax and rules from SUP, and leaves what a type says itself', () => {
    expect(attribute(openldap, 'cn')).toMatchObject({
      syntax: '1.3.6.1.4.1.1466.115.121.1.15',
      equality: 'caseIgnoreMatch',
      substring: 'caseIgnoreSubstringsMatch',
      singleValue: false,
    });
    expect(attribute(openldap, 'c')).toMatchObject({
      syntax: '1.3.6.1.4.1.1466.115.121.1.11',
      equality: 'caseIgnoreMatch',
      singleValue: true,
    });
    expect(attribute(ds389, 'quoted')).toMatchObject({ equality: 'distinguishedNameMatch', singleValue: true });
  });

  it('ends at a cycle of SUP and at a SUP that is unknown', () => {
    const schema = parseSchema({
      attributeTypes: [
        `( 1.1 NAME 'a' SUP b )`,
        `( 1.2 NAME 'b' SUP a SYNTAX 1.9 )`,
        `( 1.3 NAME 'c' SUP c )`,
        `( 1.4 NAME 'd' SUP unknown )`,
      ],
      objectClasses: [`( 2.1 NAME 'a' SUP b MUST x )`, `( 2.2 NAME 'b' SUP a MUST y )`],
    });
    expect(schema.attributes.map(({ syntax, equality }) => [syntax, equality])).toEqual([
      ['1.9', undefined],
      ['1.9', undefined],
      [undefined, undefined],
      [undefined, undefined],
    ]);
    expect([...allAttributesOf(schema, ['a']).must]).toEqual(['x', 'y']);
  });

  it('reads the peculiarities of 389 Directory Server', () => {
    expect(attribute(ds389, 'nsAccountLock')).toMatchObject({
      operational: true,
      singleValue: true,
      syntax: '1.3.6.1.4.1.1466.115.121.1.15',
    });
    expect(attribute(ds389, 'nsmanageddomain').oid).toBe('nsManagedDomain-oid');
    expect(attribute(ds389, 'thick')).toMatchObject({ name: 'dense', names: ['dense', 'thick'], syntax: '1.3.6.1.4.1.1466.115.121.1.15' });
    expect(ds389.objectClass('nsAdminGroup')).toMatchObject({
      kind: 'structural',
      must: ['cn'],
      may: ['nsAdminGroupName', 'description'],
      sup: ['top'],
    });
  });

  it('reads the kinds of classes', () => {
    expect(openldap.objectClasses.map(({ kind }) => kind)).toEqual(['abstract', 'structural', 'structural', 'structural', 'auxiliary']);
    expect(activeDirectory.objectClass('top')?.kind).toBe('abstract');
  });

  it.each([
    '',
    '(',
    ')',
    '( )',
    'cn',
    `( 1.1 NAME 'a'`,
    `( 1.1 NAME ( 'a' )`,
    `( 1.1 NAME )`,
    `1.1 NAME 'a'`,
    `( 1.1 'a' )`,
    `( $ NAME 'a' )`,
  ])('skips %j, which is malformed', (text) => {
    const schema = parseSchema({ attributeTypes: [text, `( 1.2 NAME 'b' SYNTAX 1.9 )`], objectClasses: [text] });
    expect(schema.attributes.map(({ name }) => name)).toEqual(['b']);
    expect(schema.objectClasses).toEqual([]);
  });

  it('names a type without NAME by its OID, and takes the first of two', () => {
    const schema = parseSchema({
      attributeTypes: [`( 1.1 SYNTAX 1.9 )`, `( 1.2 NAME 'a' SYNTAX 1.9 )`, `( 1.3 NAME 'A' SYNTAX 1.8 )`],
      objectClasses: [],
    });
    expect(attribute(schema, '1.1')).toMatchObject({ name: '1.1', names: [] });
    expect(attribute(schema, 'a').oid).toBe('1.2');
  });
});

describe('matching', () => {
  it.each([
    ['cn', 'caseIgnore', 'none', 'caseIgnore'],
    ['mail', 'caseIgnore', 'none', 'caseIgnore'],
    ['labeledURI', 'caseExact', 'none', 'none'],
    ['uidNumber', 'integer', 'integer', 'none'],
    ['createTimestamp', 'time', 'time', 'none'],
    ['entryUUID', 'uuid', 'uuid', 'none'],
    ['member', 'dn', 'none', 'none'],
    ['userPassword', 'octets', 'none', 'none'],
    ['telephoneNumber', 'telephone', 'none', 'telephone'],
    ['userPKCS12', 'none', 'none', 'none'],
    ['objectClass', 'none', 'none', 'none'],
  ])('L-002 %s: equality %s, ordering %s, substring %s', (name, ...kinds) => {
    const type = attribute(openldap, name);
    expect([equalityKind(type), ordersBy(type), substringKind(type)]).toEqual(kinds);
  });

  it('knows rules by their OID', () => {
    expect(equalityKind(attribute(ds389, 'emptyDescription'))).toBe('caseExact');
  });

  it.each(['__proto__', 'constructor', 'myOwnMatch'])('has no kind for the rule %s', (rule) => {
    const type = { ...attribute(openldap, 'cn'), equality: rule, ordering: rule, substring: rule };
    expect([equalityKind(type), ordersBy(type), substringKind(type)]).toEqual(['none', 'none', 'none']);
  });
});

describe('withActiveDirectoryRules', () => {
  it.each([
    ['sAMAccountName', 'caseIgnore', 'none', 'caseIgnore'],
    ['serialNumber', 'caseExact', 'none', 'caseExact'],
    ['userAccountControl', 'integer', 'integer', 'none'],
    ['accountExpires', 'integer', 'integer', 'none'],
    ['objectGUID', 'octets', 'none', 'none'],
    ['whenCreated', 'time', 'time', 'none'],
    ['member', 'dn', 'none', 'none'],
    ['isDeleted', 'boolean', 'none', 'none'],
    ['x121Address', 'numeric', 'none', 'numeric'],
    ['nTSecurityDescriptor', 'none', 'none', 'none'],
    ['wellKnownObjects', 'none', 'none', 'none'],
    ['createTimeStamp', 'none', 'none', 'none'],
  ])('%s: equality %s, ordering %s, substring %s', (name, ...kinds) => {
    const type = attribute(activeDirectory, name);
    expect([equalityKind(type), ordersBy(type), substringKind(type)]).toEqual(kinds);
  });

  it('has nothing to say without the table', () => {
    expect(equalityKind(attribute(parseSchema(activeDirectorySource), 'sAMAccountName'))).toBe('none');
  });

  it('keeps the rules that a server states', () => {
    expect(attribute(withActiveDirectoryRules(openldap), 'labeledURI')).toMatchObject({ equality: 'caseExactMatch' });
  });
});

describe('allAttributesOf', () => {
  it('L-069 collects superclasses and names each attribute once, by its first name', () => {
    const { must, may } = allAttributesOf(openldap, ['inetOrgPerson', 'posixAccount']);
    expect([...must].toSorted()).toEqual(['cn', 'objectclass', 'sn', 'uid', 'uidnumber']);
    expect([...may].toSorted()).toEqual([
      'description',
      'displayname',
      'givenname',
      'l',
      'mail',
      'ou',
      'seealso',
      'st',
      'telephonenumber',
      'title',
      'userpassword',
      'userpkcs12',
    ]);
  });

  it('adds what the content rule of Active Directory adds, with its auxiliary classes', () => {
    const { must, may } = allAttributesOf(activeDirectory, ['user']);
    expect([...must].toSorted()).toEqual(['cn', 'instancetype', 'objectclass', 'objectsid', 'samaccountname']);
    expect(may).toContain('labeleduri');
    expect(may).toContain('tokengroups');
    expect(may).not.toContain('cn');
  });

  it('unknown classes add nothing', () => {
    expect(allAttributesOf(openldap, ['unknown', '__proto__'])).toEqual({ must: new Set(), may: new Set() });
  });
});
