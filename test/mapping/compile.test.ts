// Every mistake that compiling a mapping can find, with its place in the file and what it says.
// Semantics of the mapping file; R-045, L-022, L-028, L-044, L-069.
import { describe, expect, test } from 'vitest';
import { compileText, describeProblem, userText, type ResourceText } from './sample.ts';

const problemsOf = (text: string) => compileText(text).problems.map(describeProblem);
const problems = (attributes: string, rest: Omit<ResourceText, 'attributes'> = {}) => problemsOf(userText({ attributes, ...rest }));
const at = (attribute: string) => `resources/User/attributes/${attribute}`;
const urn = 'urn:example:params:scim:schemas:extension:thing:2.0:User';
const extension = (attributes: string) =>
  problems('', { schemas: `- urn: ${urn}\n  name: Thing\n  extends: User\n  attributes: { ${attributes} }` });
const inExtension = (name: string) => `schemas/0/attributes/${name}`;

test('what is right has no problems', () => expect(problems('title: title')).toEqual([]));

describe('paths', () => {
  test.each<[attributes: string, expected: string[]]>([
    ['titel: title', [`${at('titel')}: titel is no attribute of User (title?)`]],
    ['"name.givenNam": givenName', [`${at('name.givenNam')}: name.givenNam is no attribute of User (name.givenName?)`]],
    ['"enterprise:departmnt": o', [`${at('enterprise:departmnt')}: enterprise:departmnt is no attribute of User (enterprise:department?)`]],
    ['"nowhere:x": o', [`${at('nowhere:x')}: nowhere:x is no attribute of User`]],
    ['members: o', [`${at('members')}: members is no attribute of User`]],
    ['title: title\nTITLE: sn', [`${at('TITLE')}: title is mapped twice`]],
    [
      'name.givenName: { read: "{givenName}" }\nname: sn',
      [`${at('name.givenName')}: name.givenName is mapped twice`, `${at('name')}: name is complex: map its parts, such as name.formatted`],
    ],
    ['name: { ldap: cn, codec: json }', []],
    ['toString: title', [`${at('toString')}: toString is no attribute of User`]],
    ['constructor: title', [`${at('constructor')}: constructor is no attribute of User`]],
    ['title: null', []],
  ])('%s', (attributes, expected) => expect(problems(attributes)).toEqual(expected));
});

describe('what is not mapped as an attribute', () => {
  test.each<[attribute: string, why: string]>([
    ['id', 'it comes from `id`'],
    ['schemas', 'the gateway makes it'],
    ['meta', 'only meta.created and meta.lastModified are mapped'],
    ['meta.version', 'it comes from `version`'],
    ['meta.location', 'the gateway makes it'],
    ['password', 'it is mapped by the block `password`'],
  ])('%s', (attribute, why) =>
    expect(problems(`${attribute}: o`)).toEqual([`${at(attribute)}: ${attribute} cannot be mapped here: ${why}`]),
  );
  test('members', () => {
    const text = userText({ attributes: '' }).replace(
      'displayName: { ldap: cn, required: true }',
      'displayName: cn\n      members: member',
    );
    expect(problemsOf(text)).toContain(
      'resources/Group/attributes/members: members cannot be mapped here: it is mapped by the block `membership`',
    );
  });
  test('parts of a list, and groups without memberships', () => {
    expect(problems('emails.value: mail')).toEqual([`${at('emails.value')}: emails has many values: map it with \`elements\``]);
    expect(problems('groups: memberOf')).toEqual([`${at('groups')}: groups is mapped with \`memberships\``]);
  });
});

describe('where values come from', () => {
  test.each<[attributes: string, expected: string]>([
    [
      'title: { access: readOnly }',
      `${at('title')}: says nowhere where its value comes from: \`ldap\`, \`read\`, \`constant\` or \`elements\``,
    ],
    ['title: { ldap: title, read: "{sn}" }', `${at('title')}: takes its value from read and ldap: one of them must go`],
    ['title: { constant: 5 }', `${at('title')}/constant: title is string, the constant is one number`],
    ['emails: { constant: a }', `${at('emails')}/constant: emails is a list of complex, the constant is one string`],
    ['title: { constant: a, normalize: [trim] }', `${at('title')}/normalize: \`normalize\` has no effect beside \`constant\``],
    ['title: { constant: a, access: readWrite }', `${at('title')}/access: a constant cannot be written: readOnly or ignoreWrites`],
    ['title: { read: "{sn", access: readOnly }', `${at('title')}/read: template has a { without its }: {sn`],
    ['title: { read: "{sn}", access: readWrite }', `${at('title')}/access: a template can be written only where \`write\` says how`],
    ['title: { read: "{sn}", codec: int }', `${at('title')}/codec: \`codec\` has no effect beside \`read\``],
    [
      'title: { read: "{sn}", write: [{ ldap: sn, value: "{title}" }] }',
      `${at('title')}/write/0/value: the template names title: only {value} is known here`,
    ],
    [
      'title: { ldap: title, write: [{ ldap: title, value: "{value" }] }',
      `${at('title')}/write/0/value: template has a { without its }: {value`,
    ],
    [
      'title: { ldap: title, onClear: keep, write: [{ ldap: title, value: "{value}" }] }',
      `${at('title')}/onClear: \`onClear\` has no effect beside \`write\``,
    ],
    ['emails: { read: "{mail}" }', `${at('emails')}/read: a template gives one text, emails is a list of complex`],
    [
      'title: { elements: [{ match: { type: work }, slot: { value: mail } }] }',
      `${at('title')}/elements: title is no list of complex values`,
    ],
    [
      'emails: { elements: [{ match: { type: work }, slot: { value: mail } }], codec: int }',
      `${at('emails')}/codec: \`codec\` has no effect beside \`elements\``,
    ],
    ['title: { memberships: { direct: memberOf } }', `${at('title')}/memberships: title is no list of references`],
    ['roles: { ldap: [sn, title], access: readWrite }', `${at('roles')}/ldap: several attributes are for a single plain value: name one`],
    ['addresses: street', `${at('addresses')}: addresses is complex: map it with \`elements\``],
    ['emails: { ldap: mail, default: "{userName}" }', `${at('emails')}/default: a template gives one text, emails is a list of complex`],
    [
      'displayName: { ldap: displayName, default: "{nickName}" }',
      `${at('displayName')}/default: the template names nickName, which is no mapped attribute of User`,
    ],
    ['meta.created: { ldap: createTimestamp, access: readWrite }', `${at('meta.created')}/access: meta.created is read-only in SCIM`],
  ])('%s', (attributes, expected) => expect(problems(attributes)).toEqual([expected]));
});

describe('codecs and types', () => {
  test.each<[attributes: string, expected: string]>([
    ['title: { ldap: title, codec: int }', `${at('title')}/codec: the codec int gives integer or decimal, the attribute is string`],
    [
      'meta.created: { ldap: createTimestamp, codec: string }',
      `${at('meta.created')}/codec: the codec string gives string or reference, the attribute is dateTime`,
    ],
    ['title: { ldap: title, codec: { bit: { mask: 2 } } }', `${at('title')}/codec: the codec bit gives boolean, the attribute is string`],
    [
      'title: { ldap: title, codec: { split: "," } }',
      `${at('title')}/codec: the codec split gives a list of string, the attribute is string`,
    ],
    [
      'title: { ldap: title, codec: { enum: { a: x, b: X } } }',
      `${at('title')}/codec: the codec has the LDAP value X twice: it could not be read back`,
    ],
    [
      'title: { ldap: title, validate: { pattern: "(a+)+" } }',
      `${at('title')}/validate/pattern: the pattern could take very long: a repetition of what can repeat itself or be empty`,
    ],
    [
      'title: { ldap: title, validate: { pattern: "[" } }',
      `${at('title')}/validate/pattern: Invalid regular expression: /[/u: Unterminated character class`,
    ],
    ['title: { ldap: title, filter: { eq: "(a={v}" } }', `${at('title')}/filter/eq: invalid filter at column 7: ) expected`],
  ])('%s', (attributes, expected) => expect(problems(attributes)).toEqual([expected]));
  test('of the id', () => {
    const text = (codec: string) =>
      userText({ attributes: '' }).replace('id: { ldap: entryUUID }', `id: { ldap: entryUUID, codec: ${codec} }`);
    expect(problemsOf(text('filetime'))).toEqual(['resources/User/id/codec: the codec filetime gives dateTime, the attribute is string']);
    expect(problemsOf(text('{ bit: { mask: 1 } }'))).toEqual([
      'resources/User/id/codec: the codec bit is not for single values such as this',
    ]);
    expect(problemsOf(text('guid'))).toEqual([]);
  });
  test('every SCIM type in an extension', () => {
    const types = ['string', 'boolean', 'decimal', 'integer', 'dateTime', 'binary', 'reference'];
    expect(extension(types.map((type, i) => `a${i}: { type: ${type}, ldap: attr${i} }`).join(', '))).toEqual([]);
    expect(extension('a: { type: boolean, ldap: x, codec: { presence: { whenSet: y } }, onClear: keep }')).toEqual([
      `${inExtension('a')}/onClear: \`onClear\` has no effect beside the codec presence`,
    ]);
    expect(extension('a: { type: boolean, multiValued: true, ldap: x, codec: { bit: { mask: 1 } } }')).toEqual([
      `${inExtension('a')}/codec: the codec bit gives boolean, the attribute is a list of boolean`,
    ]);
    expect(extension('a: { type: string, multiValued: true, ldap: x, codec: { split: ";" } }')).toEqual([]);
    expect(extension('a: { type: string, multiValued: true, ldap: x, onClear: keep }')).toEqual([
      `${inExtension('a')}/onClear: \`onClear\` has no effect on a list`,
    ]);
    expect(extension('a: { type: complex, ldap: x, codec: json, subAttributes: { b: { type: integer } } }')).toEqual([]);
  });
});

describe('elements', () => {
  const emails = (element: string) => `emails: { elements: [${element}] }`;
  test.each<[element: string, expected: string]>([
    ['{ match: { typ: work }, slot: { value: mail } }', `${at('emails')}/elements/0/match/typ: emails has no sub-attribute typ (type?)`],
    [
      '{ match: { type: work }, slot: { valeu: mail } }',
      `${at('emails')}/elements/0/slot/valeu: emails has no sub-attribute valeu (value?)`,
    ],
    [
      '{ match: { type: work }, slot: { value: mail, type: sn } }',
      `${at('emails')}/elements/0/slot/type: type is fixed by \`match\` already`,
    ],
    [
      '{ match: { type: work }, slot: { value: { ldap: mail, codec: int } } }',
      `${at('emails')}/elements/0/slot/value/codec: the codec int gives integer or decimal, the attribute is string`,
    ],
    [
      '{ match: { type: work }, list: { value: mail }, primary: { prefer: "(a|a)*", else: lowestValue } }',
      `${at('emails')}/elements/0/primary/prefer: the pattern could take very long: a and a can take the same character at one point`,
    ],
    [
      '{ match: { type: work }, slot: { value: mail } }, { match: { type: home }, slot: { value: MAIL } }',
      `${at('emails')}/elements: two elements use MAIL: give them disjoint prefixes`,
    ],
  ])('%s', (element, expected) => expect(problems(emails(element))).toEqual([expected]));
});

describe('two rules and one LDAP attribute', () => {
  test.each<[attributes: string, expected: string[]]>([
    [
      'title: title\nnickName: Title',
      [`${at('nickName')}: nickName and title both write title: give them disjoint masks or prefixes, or make one readOnly`],
    ],
    ['title: title\nnickName: { ldap: title, access: readOnly }', []],
    ['title: title\nnickName: { ldap: title, access: ignoreWrites }', []],
    [
      'title: { ldap: o, codec: { prefix: "a:" } }\nnickName: { ldap: o, codec: { prefix: "b:" } }\nuserType: { ldap: o, codec: { prefix: "A:" } }',
      [],
    ],
    [
      'title: { ldap: o, codec: { prefix: "a" } }\nnickName: { ldap: o, codec: { prefix: "b" } }\nuserType: { ldap: o, codec: { prefix: "ab" } }',
      [`${at('userType')}: userType and title both write o: give them disjoint masks or prefixes, or make one readOnly`],
    ],
    ['nickName: entryUUID', [`${at('nickName')}: writes entryUUID, which holds the id: ids never change`]],
  ])('%s', (attributes, expected) => expect(problems(attributes)).toEqual(expected));
  test('bits', () => {
    const bits = (...masks: readonly number[]) =>
      extension(masks.map((mask, i) => `a${i}: { type: boolean, ldap: flags, codec: { bit: { mask: ${mask} } } }`).join(', '));
    expect(bits(1, 2, 4294967296)).toEqual([]);
    expect(bits(1, 2, 5)).toEqual([
      `${inExtension('a2')}: ${urn}:a2 and ${urn}:a0 both write flags: give them disjoint masks or prefixes, or make one readOnly`,
    ]);
  });
  test('`set` and `accountState`', () => {
    expect(problems('title: title', { extra: 'set: { Title: { onCreate: x } }' })).toEqual([
      'resources/User/set/Title: Title is already written by title',
    ]);
    expect(problems('title: employeeType', { extra: 'accountState: { ldap: employeeType, inactiveValue: x }' })).toEqual([
      'resources/User/accountState: active and title both write employeetype: give them disjoint masks or prefixes, or make one readOnly',
    ]);
    expect(problems('active: { constant: true }', { extra: 'accountState: { ldap: o, inactiveValue: x }' })).toEqual([
      `${at('active')}: active is already mapped by \`accountState\``,
    ]);
    expect(problems('', { extra: 'accountState: { ldap: o, inactiveValue: x, absentMeans: inactive }' })).toEqual([
      'resources/User/accountState: `absentMeans: inactive` needs `activeValue`: otherwise nobody could be activated',
    ]);
  });
});

describe('references', () => {
  test('to a type that there is not', () => {
    expect(problems('enterprise:manager: { ldap: manager, reference: { to: [User, Robot] } }')).toEqual([
      `${at('enterprise:manager')}: urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager refers to Robot, which is no resource type of this file`,
    ]);
    expect(problems('groups: { memberships: { reverse: Team } }')).toEqual([
      `${at('groups')}: groups refers to Team, which is no resource type of this file`,
    ]);
    const text = userText({ attributes: '' });
    expect(problemsOf(text.replace('to: [User, Group]', 'to: [User, Device]'))).toEqual([
      'resources/Group/membership: members refers to Device, which is no resource type of this file',
    ]);
  });
  test('`reverse` needs a membership to search', () => {
    const text = userText({ attributes: 'groups: { memberships: { reverse: Group } }' }).replace(/^ {4}membership: .*$/m, '');
    expect(problemsOf(text)).toEqual(['resources/User/attributes/groups: Group has no `membership` to search']);
  });
  test('`resolveBy` without `defer`', () => {
    expect(
      problems('enterprise:manager: { ldap: manager, reference: { to: [User], onUnresolved: defer, resolveBy: [externalId] } }'),
    ).toEqual([]);
    expect(problems('enterprise:manager: { ldap: manager, reference: { to: [User], resolveBy: [externalId] } }')).toEqual([
      `${at('enterprise:manager')}/reference/resolveBy: is of use only beside \`onUnresolved: defer\``,
    ]);
  });
  test('a codec beside a reference', () => {
    expect(problems('enterprise:manager: { ldap: manager, codec: dn, reference: { to: [User] } }')).toEqual([
      `${at('enterprise:manager')}/codec: \`codec\` has no effect beside \`reference\``,
    ]);
  });
});

describe('search, create, set', () => {
  const text = userText({ attributes: 'title: title' });
  const changed = (from: string, to: string) => {
    if (!text.includes(from)) throw new Error(`nothing to change: ${from}`);
    return problemsOf(text.replace(from, to));
  };
  test.each<[from: string, to: string, expected: string[]]>([
    [
      'dn: "ou=people,{baseDn}"',
      'dn: "no dn"',
      [
        'resources/User/search/bases/0/dn: invalid DN at column 4: = expected',
        'resources/User/create/placement/0/base: lies outside every search base: what is created there could not be found again',
      ],
    ],
    [
      '(objectClass=inetOrgPerson)',
      '(objectClass',
      ['resources/User/search/filter: invalid filter at column 13: =, ~=, >=, <= or := expected'],
    ],
    ['rdn: "uid={userName}"', 'rdn: "userName"', ['resources/User/create/rdn: must be attribute=template, such as uid={userName}']],
    ['rdn: "uid={userName}"', 'rdn: ""', ['resources/User/create/rdn: must be attribute=template, such as uid={userName}']],
    ['rdn: "uid={userName}"', 'rdn: "uid="', ['resources/User/create/rdn: must be attribute=template, such as uid={userName}']],
    ['rdn: "uid={userName}"', 'rdn: "uid={username}"', []],
    ['rdn: "uid={userName}"', 'rdn: "cn={title|userName}+uid={userName | max 5}"', []],
    [
      'rdn: "uid={userName}"',
      'rdn: "uid={nick}"',
      ['resources/User/create/rdn: the template names nick, which is no mapped attribute of User'],
    ],
    [
      'base: "ou=people,{baseDn}"',
      'base: "ou=else,{baseDn}"',
      ['resources/User/create/placement/0/base: lies outside every search base: what is created there could not be found again'],
    ],
    ['base: "ou=people,{baseDn}"', 'base: "ou=below,ou=people,{baseDn}"', []],
    ['dn: "ou=people,{baseDn}" }', 'dn: "ou=people,{baseDn}", scope: one }', []],
    [
      'dn: "ou=people,{baseDn}" }',
      'dn: "ou=people,{baseDn}", scope: base }',
      ['resources/User/create/placement/0/base: lies outside every search base: what is created there could not be found again'],
    ],
    [
      '[{ base: "ou=people,{baseDn}" }]',
      `[{ when: 'nick eq "x"', base: "ou=people,{baseDn}" }]`,
      ['resources/User/create/placement/0/when: Unknown attribute "nick"'],
    ],
    [
      '[{ base: "ou=people,{baseDn}" }]',
      '[{ base: "ou=people,{baseDn}" }, { base: "ou=people,{baseDn}" }]',
      ['resources/User/create/placement/0: takes everything, so that what comes after it is never used: give it a `when`, or put it last'],
    ],
    [
      'rename: { rdn: follow }',
      'delete: { mode: quarantine }',
      ['resources/User/delete: `quarantine` needs `marker`: what says in LDAP that an entry is deleted'],
    ],
    [
      'rename: { rdn: follow }',
      'delete: { mode: quarantine, marker: { ldap: description, value: x, time: Description } }',
      ['resources/User/delete/marker/time: must be another attribute than that of the marker'],
    ],
    [
      'rename: { rdn: follow }',
      'match: { by: [userName, externalID, emails] }',
      [
        'resources/User/match/by/1: must name a mapped attribute whose value tells people apart, such as externalId or emails.value',
        'resources/User/match/by/2: must name a mapped attribute whose value tells people apart, such as externalId or emails.value',
      ],
    ],
    [
      'rename: { rdn: follow }',
      'match: { by: [userName], within: nowhere }',
      ['resources/User/match/within: invalid DN at column 8: = expected'],
    ],
    [
      'rename: { rdn: follow }',
      'set: { o: { always: "{titel}" } }',
      ['resources/User/set/o/always: the template names titel, which is no mapped attribute of User'],
    ],
    [
      'rename: { rdn: follow }',
      'set: { o: { always: "{title | up 3 | max}" } }',
      ['resources/User/set/o/always: template names nothing that can be looked up: 3'],
    ],
    [
      'userName: { ldap: uid, required: true }',
      'displayName: displayName',
      [
        'resources/User/attributes: userName is required by the schema and not mapped',
        'resources/User/create/rdn: the template names userName, which is no mapped attribute of User',
      ],
    ],
    ['cn=nobody,{baseDn}', 'nobody', ['resources/Group/membership/empty/placeholder: invalid DN at column 7: = expected']],
    [
      '  Group:\n',
      '  Group:\n    accountState: { ldap: o, inactiveValue: x }\n',
      ['resources/Group/accountState: Group has no attribute active'],
    ],
    ['  Group:\n', '  Group:\n    endpoint: /users\n', ['resources/Group: Group has the same endpoint as User: /users']],
    ['  Group:\n', '  Group:\n    endpoint: /Schemas\n', ['resources/Group: /Schemas is an endpoint of the protocol']],
  ])('%s -> %s', (from, to, expected) => expect(changed(from, to)).toEqual(expected));
  test('a secret goes into no template', () => {
    expect(problems('', { extra: 'password: { strategy: passwordModify }\nset: { description: { onCreate: "{password}" } }' })).toEqual([
      'resources/User/set/description/onCreate: the template names password, which is a secret',
    ]);
  });
  test('`$` in the base DN means nothing', () => {
    expect(compileText(text).problems).toEqual([]);
  });
});

describe('schemas', () => {
  const schema = (lines: string) => problems('', { schemas: lines });
  test.each<[lines: string, expected: string[]]>([
    [`- { urn: "${urn}", name: T, extends: Usr, attributes: {} }`, ['schemas/0/extends: there is no resource type Usr (User?)']],
    [
      `- { urn: "${urn}", name: T, attributes: {} }`,
      ['schemas/0/urn: no resource type uses this schema: it needs `extends`, or a resource type that names it as `schema`'],
    ],
    [
      `- { urn: "${urn}", name: T, extends: User, attributes: {} }\n- { urn: "${urn}", alias: other, name: T, extends: User, attributes: {} }`,
      [`schemas/1/urn: ${urn} is defined already`],
    ],
    [
      '- { urn: "urn:ietf:params:scim:schemas:core:2.0:User", alias: x, name: T, extends: User, attributes: {} }',
      ['schemas/0/urn: urn:ietf:params:scim:schemas:core:2.0:User is defined already'],
    ],
    [
      `- { urn: "${urn}", alias: enterprise, name: T, extends: User, attributes: {} }`,
      ['schemas/0/alias: the alias enterprise stands for urn:ietf:params:scim:schemas:extension:enterprise:2.0:User already'],
    ],
    [
      `- { urn: "${urn}", name: T, extends: User, attributes: { "a b": { ldap: o } } }`,
      ['schemas/0/attributes/a b: a b is no legal attribute name'],
    ],
    [
      `- { urn: "${urn}", name: T, extends: User, attributes: { "a.b": { ldap: o } } }`,
      ['schemas/0/attributes/a.b: a.b is no legal attribute name'],
    ],
    [
      `- { urn: "${urn}", name: T, extends: User, attributes: { a: { type: complex } } }`,
      ['schemas/0/attributes/a: a is complex and needs `subAttributes`'],
    ],
    [
      `- { urn: "${urn}", name: T, extends: User, attributes: { a: { subAttributes: { b: { ldap: o } } } } }`,
      ['schemas/0/attributes/a/type: a has sub-attributes: its type is complex'],
    ],
  ])('%s', (lines, expected) => expect(schema(lines)).toEqual(expected));
  test('an attribute mapped in both places, and one taken back by null', () => {
    const schemas = `- { urn: "${urn}", name: T, extends: User, attributes: { a: { ldap: o } } }`;
    expect(problems('thing:a: title', { schemas })).toEqual([
      'schemas/0/attributes/a: urn:example:params:scim:schemas:extension:thing:2.0:User:a is mapped twice',
    ]);
    const { mapping } = compileText(userText({ attributes: 'thing:a: null', schemas }));
    expect(mapping.resources[0]?.type.extensions.map((e) => e.schema.id)).not.toContain(urn);
  });
  test('an own alias works in paths and in templates', () => {
    const schemas = '- { urn: "urn:example:x", alias: own, name: T, extends: User, attributes: { a: {} } }';
    expect(problems('own:a: o\ndisplayName: { ldap: displayName, default: "{own:a}" }', { schemas })).toEqual([]);
  });
});

describe('further resource types', () => {
  const device = (
    resource: string,
    schemas = `- { urn: "urn:example:device", name: Device, attributes: { serial: { required: true, ldap: serialNumber } } }`,
  ) =>
    problemsOf(`version: 1
resources:
  Device:
    ${resource}
    search: { bases: [{ dn: "{baseDn}" }], filter: "(objectClass=device)" }
    id: { ldap: entryUUID }
    attributes: {}
schemas:
${schemas.replace(/^/gm, '  ')}
`);
  test('with an own schema', () => expect(device('schema: "urn:example:device"')).toEqual([]));
  test('an unknown URN', () => {
    expect(device('schema: "urn:example:devise"')).toEqual([
      'schemas/0/urn: no resource type uses this schema: it needs `extends`, or a resource type that names it as `schema`',
      'resources/Device/schema: names no schema under `schemas`',
    ]);
  });
  test('without one', () => {
    expect(device('description: D')).toContain(
      'resources/Device: Device is not built in: it needs `schema`, the URN of one under `schemas`',
    );
  });
  test('a name that is no word', () => {
    expect(problemsOf(userText({ attributes: '' }).replace('  Group:', '  "My Group":'))).toContain(
      'resources/My Group: a resource type has a name of letters, digits and hyphens',
    );
  });
});
