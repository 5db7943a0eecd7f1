// The named, tested place for what identity providers do beside the RFCs. One deviation is one field.
// RFC 7643 and 7644 are `strict`; the sources of the other dialects are the vendors' documents and recorded traffic.

/** How one client bends the protocol. Fields are deviations, and mean what `deviations` says; `strict` has none. */
export interface Dialect {
  readonly name: string;
  readonly unknownAttributes: 'reject' | 'ignore';
  readonly coerceTypes: boolean;
  readonly schemasOptional: boolean;
  readonly createOnReplace: boolean;
  readonly removeListed: boolean;
  readonly bareWords: boolean;
  readonly ignoreReadOnlyPaths: boolean;
  readonly keepOmittedMembers: boolean;
  readonly unwrapValues: boolean;
  readonly unqualifiedExtensions: boolean;
  readonly plainTextBodies: boolean;
  readonly freeCountries: boolean;
  readonly pathlessPatch: 'accept' | 'reject';
  readonly complexReplace: 'merge' | 'replace';
  readonly responseMediaType: 'accepted' | 'application/json';
  readonly jsonText: 'keep' | 'unwrap';
}

/** One way to leave the RFCs, described for people: `docs/dialects.md` is made of these. */
export interface Deviation {
  /** What a client does, or what it expects. */
  readonly meaning: string;
  /** What `strict` does. */
  readonly strict: string;
  /** Who needs it. */
  readonly clients: string;
  /** Requirements, decisions and sections of RFCs. */
  readonly sources: string;
}

export const deviations: { readonly [Field in Exclude<keyof Dialect, 'name'>]: Deviation } = {
  unknownAttributes: {
    meaning:
      'Attributes of no known schema, attributes of RFC 7643 that are not mapped, and unknown schema URNs in a body are ignored, and logged by name.',
    strict:
      '400 invalidSyntax for what no schema has, 400 invalidValue for what is only not mapped; 400 invalidPath in the path of a PATCH.',
    clients: 'Microsoft Entra ID, AWS-style sync, any client with an attribute mapping wider than ours',
    sources: 'R-096, R-162',
  },
  coerceTypes: {
    meaning: '`"True"` and `"False"` in any case stand for booleans, also in filters of PATCH paths; a number stands for a string.',
    strict: '400 invalidValue.',
    clients: 'Microsoft Entra ID without its feature flag, OneLogin, Keycloak',
    sources: 'R-065',
  },
  schemasOptional: {
    meaning:
      '`schemas` may be missing in the body of a resource, of a PATCH and of a bulk request, and need not list the extensions that are used.',
    strict: '400 invalidSyntax; 400 invalidValue where the base schema is not listed, or one is listed twice.',
    clients: 'OneLogin, Microsoft Entra ID (custom extensions)',
    sources: 'R-049, R-160',
  },
  createOnReplace: {
    meaning: 'PATCH `replace` on a value path that no element matches creates the element, if the filter is a conjunction of `eq`.',
    strict: '400 noTarget.',
    clients: 'Microsoft Entra ID',
    sources: 'D-09, RFC 7644 section 3.5.2.3',
  },
  removeListed: {
    meaning: 'PATCH `remove` of a multi-valued attribute with a list as its `value` removes those elements and no other.',
    strict: '400 invalidSyntax: `remove` takes no value.',
    clients: 'Microsoft Entra ID, JumpCloud, authentik, AWS-style sync',
    sources: 'D-11, RFC 7644 section 3.5.2.2',
  },
  bareWords: {
    meaning:
      'In filters, a word without quotes is a string, a string may stand for a boolean and a number for a string, and an attribute of an extension may lack its URN; `emails[type eq "work"].value eq "x"` is understood.',
    strict: '400 invalidFilter.',
    clients: 'Microsoft Entra ID and its test suite',
    sources: 'R-120, RFC 7644 section 3.4.2.2',
  },
  ignoreReadOnlyPaths: {
    meaning: 'A PATCH whose path is `groups`, `meta` or the unchanged `id` is ignored.',
    strict: '400 mutability, as for every read-only attribute that a path names.',
    clients: 'clients that send whole resources back as operations',
    sources: 'R-166',
  },
  keepOmittedMembers: {
    meaning: 'PUT of a group without `members` keeps its members; an empty list removes them.',
    strict: 'All members are removed, as every attribute that a PUT leaves out.',
    clients: 'clients that know groups without their members',
    sources: 'R-155, RFC 7644 section 3.5.1',
  },
  unwrapValues: {
    meaning:
      'A complex attribute may be given as its bare `value`, a simple one as an object with only a `value`, and either inside a list of one: `"manager": "id"`, `"active": [{"value": false}]`.',
    strict: '400 invalidValue.',
    clients: 'Microsoft Entra ID',
    sources: 'R-089',
  },
  unqualifiedExtensions: {
    meaning:
      'The path of a PATCH finds an attribute of an extension without its URN, if no other schema of the resource type has one of that name.',
    strict: '400 invalidPath.',
    clients: 'Microsoft Entra ID (`manager`)',
    sources: 'R-118, RFC 7644 section 3.10',
  },
  plainTextBodies: {
    meaning: 'A body may be called `text/plain`.',
    strict: '415.',
    clients: 'tools that do not set the type of what they send',
    sources: 'R-006, RFC 7644 section 3.8',
  },
  freeCountries: {
    meaning: '`addresses.country` is stored as it is sent.',
    strict: '400 invalidValue for what is no code of two letters (ISO 3166-1).',
    clients: 'any client whose directory of people has names of countries',
    sources: 'R-082, RFC 7643 section 4.1.2',
  },
  pathlessPatch: {
    meaning: 'PATCH `add` and `replace` without a path are refused (400 invalidSyntax).',
    strict: 'They are applied attribute by attribute, as RFC 7644 has it and most clients send it.',
    clients: 'the interoperability profile',
    sources: 'RFC 7644 section 3.5.2, draft-zollner-scim-interop-profile',
  },
  complexReplace: {
    meaning: 'PATCH `replace` of a whole complex attribute removes the sub-attributes that it does not name.',
    strict: 'They are kept.',
    clients: 'the interoperability profile',
    sources: 'D-25, RFC 7644 section 3.5.2.3',
  },
  responseMediaType: {
    meaning: 'Every answer is `application/json`, whatever the client says that it accepts.',
    strict: '`application/scim+json`, unless the client accepts only `application/json`.',
    clients: 'OneLogin',
    sources: 'R-005, R-006, RFC 7644 section 3.8',
  },
  jsonText: {
    meaning:
      'A complex value whose `value` is the text of a JSON object is taken apart: `value`, `type`, `primary` and `display` or `displayName` in that text are its own.',
    strict: 'The text is stored as it is sent, and shown so.',
    clients: 'Microsoft Entra ID with roles (AppRoleAssignmentsComplex), where the directory is to hold the role and not JSON',
    sources: 'RFC 7643 section 2.4',
  },
};

/** The RFCs with their errata, and nothing else. */
export const strict: Dialect = {
  name: 'strict',
  unknownAttributes: 'reject',
  coerceTypes: false,
  schemasOptional: false,
  createOnReplace: false,
  removeListed: false,
  bareWords: false,
  ignoreReadOnlyPaths: false,
  keepOmittedMembers: false,
  unwrapValues: false,
  unqualifiedExtensions: false,
  plainTextBodies: false,
  freeCountries: false,
  pathlessPatch: 'accept',
  complexReplace: 'merge',
  responseMediaType: 'accepted',
  jsonText: 'keep',
};

/** The default: whatever a known identity provider sends and means unmistakably is understood. */
export const compat: Dialect = {
  name: 'compat',
  unknownAttributes: 'ignore',
  coerceTypes: true,
  schemasOptional: true,
  createOnReplace: true,
  removeListed: true,
  bareWords: true,
  ignoreReadOnlyPaths: true,
  keepOmittedMembers: true,
  unwrapValues: true,
  unqualifiedExtensions: true,
  plainTextBodies: true,
  freeCountries: true,
  pathlessPatch: 'accept',
  complexReplace: 'merge',
  responseMediaType: 'accepted',
  jsonText: 'keep',
};

/** The draft of an interoperability profile: `strict`, except where it narrows or contradicts RFC 7644. */
export const interopProfile: Dialect = { ...strict, name: 'interop-profile', pathlessPatch: 'reject', complexReplace: 'replace' };

/** Microsoft Entra ID: both of its PATCH styles arrive at one tenant, and `compat` has all of them. */
export const entra: Dialect = { ...compat, name: 'entra' };

/** Microsoft Entra ID, for a directory that holds a role by its value and name. */
export const entraRoles: Dialect = { ...entra, name: 'entra-roles', jsonText: 'unwrap' };

/** Okta: everything it is known to send is in `compat`. */
export const okta: Dialect = { ...compat, name: 'okta' };

/** OneLogin: reads answers only as `application/json`. */
export const onelogin: Dialect = { ...compat, name: 'onelogin', responseMediaType: 'application/json' };

/** Every dialect by the name that a configuration gives it. */
export const dialects: ReadonlyMap<string, Dialect> = new Map(
  [compat, strict, interopProfile, entra, entraRoles, okta, onelogin].map((dialect) => [dialect.name, dialect]),
);

/** The dialect of that name, or undefined. */
export function findDialect(name: string): Dialect | undefined {
  return dialects.get(name);
}
