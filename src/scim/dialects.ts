// The named, tested place for what identity providers do beside the RFCs. One deviation is one field.
// RFC 7643 and 7644 are `strict`; the sources of the other dialects are the vendors' documents and recorded traffic.

/** How one client bends the protocol. Fields are deviations; `strict` has none. */
export interface Dialect {
  readonly name: string;
  /**
   * Attribute of no known schema, or of RFC 7643 but not mapped, and unknown schema URNs in a body: refuse or ignore (R-096, R-162; the
   * Microsoft tests).
   */
  readonly unknownAttributes: 'reject' | 'ignore';
  /** "True"/"False" for a boolean, a number for a string (R-065; Entra ID without its feature flag, OneLogin, Keycloak). */
  readonly coerceTypes: boolean;
  /** A missing `schemas` in a body is accepted. */
  readonly schemasOptional: boolean;
  /** PATCH replace on a value path that matches nothing creates the element (conjunction of eq only, D-09; Entra ID). */
  readonly createOnReplace: boolean;
  /** PATCH remove of a multi-valued attribute with a `value` list removes only those (D-11; Entra ID, JumpCloud, authentik, AWS). */
  readonly removeListed: boolean;
  /** A bare word in a filter is a string literal (R-120; Microsoft). */
  readonly bareWords: boolean;
  /**
   * PATCH of `groups`, `meta` or an unchanged `id` by path is ignored instead of 400 mutability (R-166; clients that send whole
   * resources).
   */
  readonly ignoreReadOnlyPaths: boolean;
  /** PUT of a group without `members` keeps the members. */
  readonly keepOmittedMembers: boolean;
  /**
   * A complex attribute given as a bare string or wrapped in a one-element array stands for its `value` (R-089; manager, active; Entra
   * ID).
   */
  readonly unwrapValues: boolean;
  /**
   * A PATCH path finds an attribute of an extension without its URN, if the core schema has none of that name (R-118; `manager`, Entra
   * ID).
   */
  readonly unqualifiedExtensions: boolean;
  /** PATCH add and replace without `path`: the interoperability profile forbids what RFC 7644 section 3.5.2 and most clients do. */
  readonly pathlessPatch: 'accept' | 'reject';
  /**
   * PATCH replace of a whole complex attribute: keep its other sub-attributes (RFC 7644 section 3.5.2.3, D-25) or not (interoperability
   * profile).
   */
  readonly complexReplace: 'merge' | 'replace';
}

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
  pathlessPatch: 'accept',
  complexReplace: 'merge',
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
  pathlessPatch: 'accept',
  complexReplace: 'merge',
};

/** The draft of an interoperability profile: `strict`, except where it narrows or contradicts RFC 7644. */
export const interopProfile: Dialect = { ...strict, name: 'interop-profile', pathlessPatch: 'reject', complexReplace: 'replace' };

/** Microsoft Entra ID: both of its PATCH styles arrive at one tenant, and `compat` has all of them. */
export const entra: Dialect = { ...compat, name: 'entra' };

/** Okta: everything it is known to send is in `compat`. */
export const okta: Dialect = { ...compat, name: 'okta' };

/** Every dialect by the name that a configuration gives it. */
export const dialects: ReadonlyMap<string, Dialect> = new Map(
  [compat, strict, interopProfile, entra, okta].map((dialect) => [dialect.name, dialect]),
);

/** The dialect of that name, or undefined. */
export function findDialect(name: string): Dialect | undefined {
  return dialects.get(name);
}
