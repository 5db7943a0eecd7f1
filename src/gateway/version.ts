// Versions: `meta.version` and the ETag of a resource, and the conditions that clients put on them.
// RFC 7644 section 3.14, RFC 9110 section 13; weak tags are compared as opaque text (D-13).
import { hash } from 'node:crypto';
import type { Entry } from '../ldap/entry.ts';
import { equal, type Filter } from '../ldap/filter.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import { attributeName } from '../mapping/read.ts';
import { preconditionFailed } from '../scim/error.ts';
import type { Backend } from './backend.ts';
import type { Conditions } from './gateway.ts';

const csn = 'entryCSN';

/** The server decides what a version is made of. */
type Versioned = { readonly directory: Pick<Backend['directory'], 'capabilities'> };

/** A change number of the entry where the server has one, else a hash of what is mapped. */
function usesCsn({ directory }: Versioned, { version }: ResourceMapping): boolean {
  return (
    version === 'entryCSN' ||
    (version === 'auto' && directory.capabilities().schema.attribute(csn) !== undefined && directory.capabilities().vendor === 'openldap')
  );
}

const hashedOf = new WeakMap<ResourceMapping, readonly string[]>();

/** The LDAP attributes in the hash. Members and groups are outside it: it would need all of them. */
function hashed(resource: ResourceMapping): readonly string[] {
  // The same for whoever sees a part of it.
  const { whole = resource } = resource;
  const known = hashedOf.get(whole);
  if (known) return known;
  const rules = whole.rules.filter((rule) => !['members', 'groups', 'meta'].includes(attributeName(rule)));
  const names = [...new Set(rules.flatMap((rule) => rule.reads.map((name) => name.toLowerCase())))].toSorted();
  hashedOf.set(whole, names);
  return names;
}

export function versionAttributes(backend: Versioned, resource: ResourceMapping): readonly string[] {
  return usesCsn(backend, resource) ? [csn] : hashed(resource);
}

/** The entity tag, `W/"…"`: weak, because projected representations share it. */
export function versionOf(backend: Versioned, resource: ResourceMapping, entry: Entry): string | undefined {
  if (usesCsn(backend, resource)) {
    const [value] = entry.texts(csn);
    return value === undefined ? undefined : `W/"${value}"`;
  }
  let text = '';
  for (const name of hashed(resource)) {
    const values = entry.octets(name).map((value) => value.toString('base64'));
    if (values.length > 0) text += `${name}=${values.toSorted().join()}\n`;
  }
  return `W/"${hash('sha256', text, 'base64url').slice(0, 22)}"`;
}

/** The assertion that makes a write conditional on the version just read, where the server evaluates it atomically (RFC 4528). */
export function versionAssertion(backend: Backend, resource: ResourceMapping, entry: Entry): Filter | undefined {
  const [value] = entry.texts(csn);
  return backend.directory.capabilities().assertion && usesCsn(backend, resource) && value !== undefined ? equal(csn, value) : undefined;
}

const opaque = (tag: string): string => tag.replace(/^W\//, '');
const lists = (tags: readonly string[] | '*', version: string | undefined): boolean =>
  tags === '*' || (version !== undefined && tags.some((tag) => opaque(tag) === opaque(version)));

/** @throws ScimError 412 when If-Match names other versions, or If-None-Match this one */
export function checkConditions({ ifMatch, ifNoneMatch }: Conditions, version: string | undefined): void {
  if (ifMatch && !lists(ifMatch, version)) throw preconditionFailed();
  if (ifNoneMatch && lists(ifNoneMatch, version)) throw preconditionFailed();
}

/** Whether a GET answers "not modified". @throws ScimError 412 when If-Match fails */
export function isNotModified({ ifMatch, ifNoneMatch }: Conditions, version: string | undefined): boolean {
  if (ifMatch && !lists(ifMatch, version)) throw preconditionFailed();
  return ifNoneMatch !== undefined && lists(ifNoneMatch, version);
}
