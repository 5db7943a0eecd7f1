// The name of an entry: what its RDN is at first, when it changes, and what a rename does to the values of the naming attributes.
// RFC 4511 section 4.9, RFC 4512 section 2.3.1; L-043 to L-045.
import { rdnValue, type Ava, type Rdn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { invalidValue, mutability } from '../scim/error.ts';
import type { Resource } from '../scim/schema.ts';
import type { Draft } from './draft.ts';
import type { RdnTemplate, ResourceMapping } from './mapping.ts';
import { scimLookup } from './value-at.ts';

/** Blanks around a value mean nothing in a DN. @throws ScimError invalidValue when a template has no value */
export function renderRdn(rdn: RdnTemplate, resource: Resource, mapping: ResourceMapping): Rdn {
  return rdn.map(({ attribute, value }) => {
    const text = value.render(scimLookup(resource))?.trim();
    if (!text) throw invalidValue(`The entry would have no name: ${value.names.join(' or ')} is needed for a ${mapping.type.name}`);
    if (text.includes('\0')) throw invalidValue(`${value.names.join(' or ')} contains a NUL character`);
    return { type: attribute, value: text };
  });
}

/**
 * The new RDN, where the mapping follows and the value of its template changed. An entry that is named by other attributes than the
 * template's keeps its name; a part of the name that is not in the template stays.
 */
export function nextRdn(mapping: ResourceMapping, current: Rdn, before: Resource, after: Resource): Rdn | undefined {
  const template = mapping.create?.rdn;
  if (!mapping.renames || !template) return undefined;
  const isNamedSo = template.every(({ attribute }) => current.some((ava) => isNamedBy(ava, attribute)));
  const changes = template.some(({ value }) => value.render(scimLookup(before)) !== value.render(scimLookup(after)));
  if (!isNamedSo || !changes) return undefined;
  const rendered = renderRdn(template, after, mapping);
  const next = current.map((ava) => rendered.find(({ type }) => isNamedBy(ava, type)) ?? ava);
  return next.every((ava, i) => ava.value === current[i]?.value) ? undefined : next;
}

/** Whether a part of an RDN is of that type, by whichever of its names. */
export const isNamedBy = (ava: Ava, attribute: string): boolean => rdnValue({ rdns: [[ava]] }, attribute) !== undefined;

const textOf = ({ value }: Ava): string => value.toString();

/** The rename itself exchanges the values of the naming attributes; the modification that follows must not name them again. */
export function followRename(draft: Draft, current: Rdn, next: Rdn): void {
  for (const [i, ava] of next.entries()) {
    const old = current[i];
    if (!old || old.value === ava.value) continue;
    draft.exchange(ava.type, textOf(old), textOf(ava));
    draft.renamed(ava.type, textOf(old), textOf(ava));
  }
}

/**
 * A value in the RDN cannot be changed by a modification (67): where the mapping keeps names, that is the client's to know.
 * @throws ScimError mutability
 */
export function refuseNaming(draft: Draft, entry: Entry, current: Rdn): void {
  for (const ava of current) {
    const isGone = entry.octets(ava.type).length > 0 && !draft.has(ava.type, textOf(ava));
    if (isGone && draft.changesValues(ava.type)) throw mutability('The attribute that names the entry cannot be changed');
  }
}
