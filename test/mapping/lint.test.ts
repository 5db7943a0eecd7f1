// Each finding of the linter, provoked by one change to a mapping, a schema or a survey that is quiet otherwise.
import { describe, expect, test } from 'vitest';
import type { Finding, Severity } from '../../src/mapping/lint.ts';
import { type Edit, factsWith, type FactsEdit, lint, mappingWith, quietServer, schemaSource } from './lint-subject.ts';

const bad = (findings: readonly Finding[]) => findings.filter(({ severity }) => severity !== 'ok');

/** What is said, as one line each: severity, code, place, message. */
const lines = (findings: readonly Finding[]) =>
  bad(findings).map(({ severity, code, path, message }) => `${severity} ${code} ${path.slice(1).join('/')}: ${message}`);

test('a mapping that fits is told what is right, and nothing else', () => {
  const findings = lint(mappingWith(), factsWith());
  expect(lines(findings)).toEqual([]);
  expect(findings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    'must-filled: inetOrgPerson: MUST cn, sn are always filled',
    'must-filled: groupOfNames: MUST cn, member are always filled',
    'refint: refint puts cn=nobody,dc=example,dc=com in the place of the last member',
  ]);
});

interface SchemaCase {
  readonly name: string;
  readonly edits: readonly Edit[];
  readonly code: string;
  readonly severity: Severity;
  readonly at: string;
  readonly says: RegExp;
  readonly advice?: RegExp;
}

const user = 'resources User';
const attribute = `${user} attributes`;

describe('mapping against schema', () => {
  test.each<SchemaCase>([
    {
      name: 'an attribute that the schema does not have',
      edits: [[`${attribute} title`, 'titel']],
      code: 'attribute-unknown',
      severity: 'error',
      at: 'User/attributes/title/ldap',
      says: /no attribute titel; writing it fails/,
      advice: /did you mean title/,
    },
    {
      name: 'one that is only read',
      edits: [[`${attribute} title`, '{ ldap: nothing, access: readOnly }']],
      code: 'attribute-unknown',
      severity: 'warn',
      at: 'User/attributes/title/ldap',
      says: /never has a value/,
    },
    {
      name: 'an unknown id',
      edits: [[`${user} id`, '{ ldap: objectGUID, codec: guid }']],
      code: 'attribute-unknown',
      severity: 'error',
      at: 'User/id',
      says: /no entry would have an id/,
    },
    {
      name: 'memberOf without the overlay',
      edits: [[`${attribute} groups`, '{ memberships: { direct: memberOf }, filter: off }']],
      code: 'memberof-missing',
      severity: 'error',
      at: 'User/attributes/groups/memberships',
      says: /no attribute memberOf/,
      advice: /reverse: Group/,
    },
    {
      name: 'ppolicy without the overlay',
      edits: [[`${user} accountState`, '{ strategy: ppolicy }']],
      code: 'attribute-unknown',
      severity: 'error',
      at: 'User/accountState',
      says: /no password policy/,
      advice: /overlay ppolicy/,
    },
    {
      name: 'L-016 an attribute of an auxiliary class',
      edits: [[`${attribute} title`, 'badge']],
      code: 'attribute-not-allowed',
      severity: 'error',
      at: 'User/attributes/title/ldap',
      says: /none of .*inetOrgPerson allows badge/,
      advice: /auxiliary class badgeHolder/,
    },
    {
      name: 'L-069 a list in a SINGLE-VALUE attribute',
      edits: [[`${attribute} emails`, '{ elements: [{ match: { type: work }, list: { value: displayName } }] }']],
      code: 'single-valued-target',
      severity: 'error',
      at: 'User/attributes/emails/elements/0/list/value',
      says: /SINGLE-VALUE/,
      advice: /as a slot/,
    },
    {
      name: 'a time codec on text',
      edits: [
        [`${attribute} meta.created`, '{ ldap: title, access: readOnly }'],
        [`${attribute} title`, 'null'],
      ],
      code: 'syntax-mismatch',
      severity: 'error',
      at: 'User/attributes/meta.created/ldap',
      says: /generalizedTime does not fit: title holds text/,
    },
    {
      name: 'text on octets',
      edits: [[`${attribute} title`, 'octets']],
      code: 'syntax-mismatch',
      severity: 'error',
      at: 'User/attributes/title/ldap',
      says: /holds octets/,
      advice: /base64/,
    },
    {
      name: 'a GUID codec on a UUID',
      edits: [[`${user} id`, '{ ldap: entryUUID, codec: guid }']],
      code: 'syntax-mismatch',
      severity: 'error',
      at: 'User/id',
      says: /codec guid does not fit/,
      advice: /remove the codec/,
    },
    {
      name: 'text on an integer',
      edits: [[`${attribute} title`, 'number']],
      code: 'syntax-mismatch',
      severity: 'warn',
      at: 'User/attributes/title/ldap',
      says: /other text from a client is refused/,
    },
    {
      name: 'an enum on a Boolean',
      edits: [[`${attribute} userType`, '{ ldap: flag, codec: { enum: { Employee: E } } }']],
      code: 'syntax-mismatch',
      severity: 'error',
      at: 'User/attributes/userType/ldap',
      says: /"E" cannot be/,
    },
    {
      name: 'a reference to text',
      edits: [[`${attribute} enterprise:manager`, '{ ldap: description, reference: { to: [User] } }']],
      code: 'syntax-mismatch',
      severity: 'error',
      at: 'User/attributes/enterprise:manager/ldap',
      says: /reference needs DNs/,
    },
    {
      name: 'a DN as text',
      edits: [[`${attribute} profileUrl`, '{ ldap: manager, access: readOnly }']],
      code: 'syntax-mismatch',
      severity: 'warn',
      at: 'User/attributes/profileUrl/ldap',
      says: /clients would see DNs/,
    },
    {
      name: 'NO-USER-MODIFICATION mapped as writable',
      edits: [[`${attribute} title`, 'createTimestamp']],
      code: 'server-writes-it',
      severity: 'error',
      at: 'User/attributes/title/ldap',
      says: /NO-USER-MODIFICATION/,
      advice: /readOnly/,
    },
    {
      name: 'an unknown class',
      edits: [[`${user} create objectClasses`, '[top, inetOrgPersn]']],
      code: 'class-unknown',
      severity: 'error',
      at: 'User/create/objectClasses/1',
      says: /no class inetOrgPersn/,
      advice: /inetOrgPerson/,
    },
    {
      name: 'two structural classes',
      edits: [[`${user} create objectClasses`, '[inetOrgPerson, device]']],
      code: 'class-structural',
      severity: 'error',
      at: 'User/create/objectClasses',
      says: /inetOrgPerson and device/,
    },
    {
      name: 'no structural class',
      edits: [[`${user} create objectClasses`, '[top, badgeHolder]']],
      code: 'class-structural',
      severity: 'error',
      at: 'User/create/objectClasses',
      says: /no structural class/,
    },
    {
      name: 'a MUST attribute that nothing fills',
      edits: [[`${user} set`, 'null']],
      code: 'must-not-filled',
      severity: 'error',
      at: 'User/create/objectClasses',
      says: /MUST cn is filled by nothing/,
      advice: /set: \{ cn/,
    },
    {
      name: 'a MUST attribute that a client may leave out',
      edits: [[`${attribute} name.familyName`, 'sn']],
      code: 'must-not-filled',
      severity: 'warn',
      at: 'User/create/objectClasses',
      says: /MUST sn is not filled when the client leaves it out/,
    },
    {
      name: 'L-053 groupOfNames without a placeholder',
      edits: [['resources Group membership empty', 'null']],
      code: 'placeholder-needed',
      severity: 'error',
      at: 'Group/membership',
      says: /must have member/,
      advice: /placeholder/,
    },
    {
      name: 'an RDN that the class does not allow',
      edits: [
        ['resources Group create rdn', '"uid={displayName}"'],
        ['resources Group set', '{ cn: { always: "{displayName}" } }'],
        ['resources Group attributes displayName', '{ ldap: description, required: true }'],
      ],
      code: 'rdn-not-allowed',
      severity: 'error',
      at: 'Group/create/rdn',
      says: /allows uid/,
    },
    {
      name: 'a create outside the search filter',
      edits: [[`${user} search filter`, '"(&(objectClass=device)(title=*))"']],
      code: 'create-outside-filter',
      severity: 'error',
      at: 'User/search/filter',
      says: /would not be found again/,
    },
    {
      name: 'L-003 an unknown attribute in the search filter',
      edits: [[`${user} search filter`, '"(&(objectClass=inetOrgPerson)(titel=x))"']],
      code: 'filter-unknown',
      severity: 'error',
      at: 'User/search/filter',
      says: /no attribute titel/,
      advice: /title/,
    },
    {
      name: 'an unknown class in the search filter',
      edits: [[`${user} search filter`, '"(objectClass=inetOrgPersn)"']],
      code: 'filter-unknown',
      severity: 'error',
      at: 'User/search/filter',
      says: /no class inetOrgPersn/,
    },
    {
      name: 'L-011 a key without EQUALITY',
      edits: [[`${attribute} externalId`, 'facsimileTelephoneNumber']],
      code: 'filter-in-memory',
      severity: 'warn',
      at: 'User/attributes/externalId/ldap',
      says: /no EQUALITY rule/,
    },
    {
      name: 'a computed value in filters',
      edits: [[`${attribute} name.formatted`, '{ read: "{cn} {sn}" }']],
      code: 'filter-in-memory',
      severity: 'hint',
      at: 'User/attributes',
      says: /^eq is finished in memory for name.formatted/,
    },
    {
      name: 'no SUBSTR',
      edits: [
        [`${attribute} title`, '{ ldap: badge, access: readOnly }'],
        [`${user} create objectClasses`, '[top, inetOrgPerson, badgeHolder]'],
      ],
      code: 'filter-in-memory',
      severity: 'hint',
      at: 'User/attributes',
      says: /^co, sw, ew is finished in memory for title/,
    },
  ])('$name: $severity $code', ({ edits, code, severity, at, says, advice }) => {
    const findings = bad(lint(mappingWith(...edits), factsWith())).filter(
      (finding) => finding.code === code && finding.severity === severity,
    );
    expect(findings.map(({ path }) => path.slice(1).join('/'))).toContain(at);
    const finding = findings.find(({ path }) => path.slice(1).join('/') === at);
    expect(finding?.message).toMatch(says);
    expect(finding?.advice ?? '').toMatch(advice ?? /^/);
  });

  test('L-009 no ORDERING for a time', () => {
    const attributeTypes = schemaSource.attributeTypes.map((text) => text.replace('ORDERING generalizedTimeOrderingMatch ', ''));
    const document = mappingWith([`${attribute} meta.created`, '{ ldap: createTimestamp, codec: generalizedTime, access: readOnly }']);
    expect(lines(lint(document, factsWith(), { schema: { ...schemaSource, attributeTypes } }))).toEqual([
      expect.stringMatching(/^hint filter-in-memory User\/attributes: eq is finished in memory for meta.created/),
    ]);
    expect(lines(lint(document, factsWith()))).toEqual([]);
  });

  test('an id without EQUALITY', () => {
    const attributeTypes = schemaSource.attributeTypes.map((text) => text.replace('EQUALITY UUIDMatch ORDERING UUIDOrderingMatch ', ''));
    expect(lines(lint(mappingWith(), factsWith(), { schema: { ...schemaSource, attributeTypes } }))).toContainEqual(
      expect.stringMatching(/^error id-not-searchable User\/id: /),
    );
  });

  test('attributes that the mapping refuses in filters are not mentioned', () => {
    const document = mappingWith([`${attribute} name.formatted`, '{ read: "{cn} {sn}", filter: off }']);
    expect(lines(lint(document, factsWith()))).toEqual([]);
  });

  test('attributes that Active Directory fills count as filled, and classes of unknown reach are not judged', () => {
    const objectClasses = [...schemaSource.objectClasses, "( 1.2.4.9 NAME 'account' SUP top STRUCTURAL MUST ( objectSid $ cn ) MAY uid )"];
    const attributeTypes = [
      ...schemaSource.attributeTypes,
      "( 1.2.3.9 NAME 'objectSid' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )",
    ];
    const document = mappingWith(
      [`${user} create objectClasses`, '[top, account]'],
      [`${user} search filter`, '"(objectClass=account)"'],
      [`${attribute} title`, 'badge'],
      [`${user} password`, '{ strategy: unicodePwd }'],
    );
    const schema = {
      attributeTypes: [...attributeTypes, "( 1.2.3.8 NAME 'unicodePwd' SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )"],
      objectClasses,
    };
    const facts = factsWith({ server: { vendor: 'active-directory' } });
    const codes = bad(lint(document, facts, { type: 'active-directory', schema })).map(({ code }) => code);
    expect(codes).not.toContain('must-not-filled');
    expect(codes).not.toContain('attribute-not-allowed');
    const told = factsWith({ server: { vendor: 'active-directory' }, user: { allowed: new Set(['uid', 'sn']) } });
    expect(lines(lint(document, told, { type: 'active-directory', schema }))).toContainEqual(
      expect.stringMatching(/^error attribute-not-allowed User\/attributes\/title\/ldap/),
    );
  });
});

interface FactsCase {
  readonly name: string;
  readonly facts: FactsEdit;
  readonly edits?: readonly Edit[];
  readonly code: string;
  readonly severity: Severity;
  readonly at: string;
  readonly says: RegExp;
}

const key = (...path: readonly (string | number)[]) => ['resources', ...path].join('\0');
const rights = (denied: { readonly write?: readonly string[]; readonly read?: readonly string[] }) => ({
  rights: {
    source: 'allowedAttributesEffective',
    asked: new Set(['title', 'sn', 'cn']),
    unwritable: new Set(denied.write ?? []),
    unreadable: new Set(denied.read ?? []),
  },
});

describe('mapping against what was seen', () => {
  test.each<FactsCase>([
    {
      name: 'nothing in scope although there are entries',
      facts: { user: { entries: 0, around: 5013 } },
      code: 'scope-empty',
      severity: 'warn',
      at: 'User/search/filter',
      says: /^0 of 5 013 entries under the base match your filter/,
    },
    {
      name: 'nothing there at all',
      facts: { user: { entries: 0, around: 1 } },
      code: 'scope-empty',
      severity: 'hint',
      at: 'User/search/filter',
      says: /no User is there yet/,
    },
    {
      name: 'the size limit',
      facts: { user: { entries: 500, cut: 4 } },
      code: 'size-limit',
      severity: 'error',
      at: 'User/search',
      says: /after 500 entries \(LDAP result 4\)/,
    },
    {
      name: 'L-029 entries without id',
      facts: { user: { withoutId: 3 } },
      code: 'without-id',
      severity: 'warn',
      at: 'User/id',
      says: /3 entries have no value and are not shown/,
    },
    {
      name: 'L-010 several values',
      facts: { user: { values: new Map([[key('User', 'attributes', 'title', 'ldap'), { several: 41, foreign: new Map() }]]) } },
      code: 'several-values',
      severity: 'warn',
      at: 'User/attributes/title/ldap',
      says: /41 entries have several values/,
    },
    {
      name: 'values that an enum does not cover',
      edits: [[`${attribute} userType`, '{ ldap: description, codec: { enum: { Employee: E, Contractor: C } } }']],
      facts: {
        user: {
          values: new Map([
            [
              key('User', 'attributes', 'userType', 'ldap'),
              {
                several: 0,
                foreign: new Map([
                  ['e2', 2],
                  ['EXT', 41],
                  ['', 1],
                ]),
              },
            ],
          ]),
        },
      },
      code: 'enum-not-covered',
      severity: 'warn',
      at: 'User/attributes/userType/ldap',
      says: /^userType enum: 3 live values are not covered: "EXT" \(41 entries\), "e2" \(2\), "" \(1\)$/,
    },
    {
      name: 'values that a codec cannot read',
      edits: [[`${attribute} meta.created`, '{ ldap: createTimestamp, access: readOnly }']],
      facts: {
        user: { values: new Map([[key('User', 'attributes', 'meta.created', 'ldap'), { several: 0, foreign: new Map([['soon', 1]]) }]]) },
      },
      code: 'value-not-decoded',
      severity: 'warn',
      at: 'User/attributes/meta.created/ldap',
      says: /"soon" \(1 entry\)/,
    },
    {
      name: 'duplicates of a unique attribute',
      facts: { user: { duplicates: new Map([['uid', new Map([['ann', 2]])]]) } },
      code: 'duplicate-values',
      severity: 'warn',
      at: 'User/attributes/userName/ldap',
      says: /1 value is in several entries: "ann" \(2\)/,
    },
    {
      name: 'uniqueness that nobody enforces',
      edits: [
        [`${attribute} externalId`, '{ ldap: description, unique: server }'],
        [`${user} search bases`, '[{ dn: "ou=people,{baseDn}" }]'],
      ],
      facts: {},
      code: 'unique-not-enforced',
      severity: 'hint',
      at: 'User/attributes/externalId/ldap',
      says: /two creates at the same moment/,
    },
    {
      name: 'a MUST attribute that nobody shows',
      facts: { user: { present: new Map([['uid', 10]]) } },
      code: 'not-readable',
      severity: 'error',
      at: 'User/attributes/name.familyName/ldap',
      says: /none shows it/,
    },
    {
      name: 'no right to write',
      facts: { user: rights({ write: ['title'] }) },
      code: 'not-writable',
      severity: 'error',
      at: 'User/attributes/title/ldap',
      says: /may not write it \(allowedAttributesEffective\)/,
    },
    {
      name: 'no right to write much: one line',
      edits: [
        [`${attribute} emails`, '{ elements: [{ match: { type: work }, list: { value: mail } }] }'],
        [`${attribute} displayName`, 'displayName'],
        [`${attribute} enterprise:manager`, '{ ldap: manager, reference: { to: [User] } }'],
      ],
      facts: { user: rights({ write: ['title', 'sn', 'uid', 'cn', 'mail', 'displayname', 'manager'] }) },
      code: 'not-writable',
      severity: 'error',
      at: 'User/attributes',
      says: /may not write .*title.*mail.* \(allowedAttributesEffective\)/,
    },
    {
      name: 'no right to read',
      facts: { user: rights({ read: ['title'] }) },
      code: 'not-readable',
      severity: 'error',
      at: 'User/attributes/title/ldap',
      says: /may not read it/,
    },
    {
      name: 'no right to create',
      facts: { user: { rights: { ...rights({}).rights, mayCreate: false } } },
      code: 'not-creatable',
      severity: 'error',
      at: 'User/create',
      says: /may not create/,
    },
    {
      name: 'no right to delete',
      facts: { user: { rights: { ...rights({}).rights, mayDelete: false } } },
      code: 'not-deletable',
      severity: 'error',
      at: 'User/delete',
      says: /may not delete/,
    },
    {
      name: 'all rights',
      facts: { user: rights({}) },
      code: 'rights',
      severity: 'ok',
      at: 'User/attributes',
      says: /may write 3 attributes of a User/,
    },
    {
      name: 'no index on the id',
      facts: {
        server: {
          configuration: {
            ...quietServer.configuration,
            indexes: new Map([
              ['uid', new Set(['eq'])],
              ['cn', new Set(['eq'])],
              ['member', new Set(['eq'])],
            ]),
          },
        },
      },
      code: 'not-indexed',
      severity: 'warn',
      at: 'User/id',
      says: /entryUUID has no equality index: each look-up scans 5 812 entries/,
    },
    {
      name: 'a slow look-up',
      facts: {
        server: { vendor: 'generic', configuration: undefined as never },
        user: {
          lookups: new Map([
            ['entryuuid', 1],
            ['uid', 1900],
          ]),
        },
      },
      code: 'not-indexed',
      severity: 'hint',
      at: 'User/attributes/userName/ldap',
      says: /took 1\.90 s/,
    },
    {
      name: 'a base that is not there',
      facts: { missing: [{ path: ['resources', 'User', 'search', 'bases', 0, 'dn'], dn: 'ou=people,dc=example,dc=com' }] },
      code: 'base-missing',
      severity: 'error',
      at: 'User/search/bases/0/dn',
      says: /does not exist/,
    },
    {
      name: 'L-055 a placeholder that is an account',
      facts: {
        placeholders: [
          {
            path: ['resources', 'Group', 'membership', 'empty', 'placeholder'],
            dn: 'uid=ann',
            objectClasses: ['inetOrgPerson'],
            hasPassword: false,
          },
        ],
      },
      code: 'placeholder-is-account',
      severity: 'error',
      at: 'Group/membership/empty/placeholder',
      says: /member of every empty group/,
    },
    {
      name: 'a placeholder that is something else',
      facts: {
        placeholders: [
          {
            path: ['resources', 'Group', 'membership', 'empty', 'placeholder'],
            dn: 'cn=x',
            objectClasses: ['top', 'device'],
            hasPassword: false,
          },
        ],
      },
      code: 'placeholder-exists',
      severity: 'hint',
      at: 'Group/membership/empty/placeholder',
      says: /\(device\), though no account/,
    },
    {
      name: 'another kind of server',
      facts: { server: { vendor: '389ds' } },
      code: 'vendor-mismatch',
      severity: 'warn',
      at: '',
      says: /type: openldap, but the server says that it is 389ds/,
    },
    { name: 'no paging', facts: { server: { paging: false } }, code: 'no-paging', severity: 'warn', at: '', says: /does not page/ },
    {
      name: 'passwords over a plain connection',
      facts: { server: { secured: false } },
      code: 'password-strategy',
      severity: 'error',
      at: 'User/password',
      says: /protected connections only/,
    },
    {
      name: 'passwords on loopback without TLS where the server wants it',
      facts: { server: { vendor: '389ds', encrypted: false } },
      code: 'password-strategy',
      severity: 'error',
      at: 'User/password',
      says: /389ds takes passwords over TLS only/,
    },
    {
      name: 'L-062 no RFC 3062',
      facts: { server: { passwordModify: false } },
      code: 'password-strategy',
      severity: 'error',
      at: 'User/password',
      says: /does not offer the password modify/,
    },
    {
      name: 'L-062 userPassword on slapd',
      edits: [[`${user} password`, '{ strategy: userPassword }']],
      facts: {},
      code: 'password-strategy',
      severity: 'warn',
      at: 'User/password',
      says: /keeps userPassword as it is written/,
    },
    {
      name: 'no refint',
      facts: {
        server: {
          configuration: {
            indexes: quietServer.configuration!.indexes,
            overlays: { memberOf: false, refint: false, refintNothing: [], unique: [], hashesPasswords: false },
          },
        },
      },
      code: 'refint',
      severity: 'warn',
      at: 'Group/membership/empty',
      says: /overlay refint is off/,
    },
    {
      name: 'refint without refint_nothing',
      facts: {
        server: {
          configuration: {
            indexes: quietServer.configuration!.indexes,
            overlays: { memberOf: false, refint: true, refintNothing: [], unique: [], hashesPasswords: false },
          },
        },
      },
      code: 'refint',
      severity: 'warn',
      at: 'Group/membership/empty',
      says: /dangling value/,
    },
    {
      name: 'refint that cannot be seen',
      facts: { server: { configuration: undefined as never } },
      code: 'refint',
      severity: 'hint',
      at: 'Group/membership/empty',
      says: /refint is not checked/,
    },
  ])('$name: $severity $code', ({ facts, edits = [], code, severity, at, says }) => {
    const findings = lint(mappingWith(...edits), factsWith(facts)).filter(
      (finding) => finding.code === code && finding.severity === severity,
    );
    expect(findings.map(({ path, message }) => [path.slice(1).join('/'), message])).toContainEqual([at, expect.stringMatching(says)]);
  });

  test('memberOf that no entry has', () => {
    const attributeTypes = [
      ...schemaSource.attributeTypes,
      "( 1.2.840.113556.1.2.102 NAME 'memberOf' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 NO-USER-MODIFICATION USAGE dSAOperation )",
    ];
    const document = mappingWith([`${attribute} groups`, '{ memberships: { direct: memberOf }, filter: off }']);
    const schema = { ...schemaSource, attributeTypes };
    expect(lines(lint(document, factsWith(), { schema }))).toEqual([
      expect.stringMatching(/^warn memberof-empty User\/attributes\/groups\/memberships: .*overlay memberof is not on/),
    ]);
    const present = new Map([
      ['memberof', 3],
      ['sn', 3],
      ['cn', 3],
    ]);
    expect(lines(lint(document, factsWith({ user: { present } }), { schema }))).toEqual([]);
  });

  test('unicodePwd and userPassword change places between Active Directory and others', () => {
    const unicode = mappingWith([`${user} password`, '{ strategy: unicodePwd }']);
    expect(lines(lint(unicode, factsWith()))).toContainEqual(
      expect.stringMatching(/^error password-strategy User\/password: unicodePwd exists on Active Directory only/),
    );
    const plain = mappingWith([`${user} password`, '{ strategy: userPassword }']);
    expect(lines(lint(plain, factsWith({ server: { vendor: 'samba-ad' } }), { type: 'samba-ad' }))).toContainEqual(
      expect.stringMatching(/^error password-strategy User\/password: Active Directory does not take/),
    );
  });

  test('the type generic fits every server', () => {
    expect(lint(mappingWith(), factsWith(), { type: 'generic' }).map(({ code }) => code)).not.toContain('vendor-mismatch');
  });
});
