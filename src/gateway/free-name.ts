// Names for a new entry when the first choice is taken: the RDN with something appended, generated account names with a number.
// L-045; the directory decides what is taken, never a look before the write alone.
import { childOf, type Rdn } from '../ldap/dn.ts';
import { and, equal, present } from '../ldap/filter.ts';
import type { CreateMapping, ResourceMapping } from '../mapping/mapping.ts';
import { type NewEntry, scimLookup } from '../mapping/write.ts';
import type { Resource } from '../scim/schema.ts';
import type { Backend } from './backend.ts';

/** Numbers that are tried for one generated name. */
const highestNumber = 99;

/** The entry under the next names to try: only what is taken changes. Undefined when there is nothing left to try. */
export async function nextNames(
  backend: Backend,
  resource: ResourceMapping,
  create: CreateMapping,
  wanted: Resource,
  first: NewEntry,
  taken: NewEntry,
): Promise<NewEntry | undefined> {
  const rdn = (await isDnTaken(backend, taken)) ? alternativeRdn(create, wanted, first.rdn, taken.rdn) : taken.rdn;
  if (rdn === undefined) return undefined;
  const attributes = new Map(renamed(taken, rdn));
  let isNumbered = false;
  for (const { ldap, template, numberOnConflict } of resource.set) {
    const [value] = attributes.get(ldap) ?? [];
    if (!numberOnConflict || value === undefined || !(await isValueTaken(backend, ldap, String(value)))) continue;
    const free = await freeValue(backend, ldap, String(first.attributes.get(ldap)?.[0] ?? value), limitOf(template.text));
    if (free === undefined) return undefined;
    attributes.set(ldap, [free]);
    isNumbered = true;
  }
  return isNumbered || rdn !== taken.rdn ? { ...taken, rdn, attributes } : undefined;
}

async function isDnTaken({ directory }: Backend, { rdn, base }: NewEntry): Promise<boolean> {
  return (await directory.read(childOf(rdn, base), [])) !== undefined;
}

/** The RDN as the template gives it, then with the text of `onRdnConflict`, then with that text and a number. */
export function alternativeRdn({ onRdnConflict, rdn }: CreateMapping, wanted: Resource, first: Rdn, taken: Rdn): Rdn | undefined {
  const [main, ...rest] = first;
  if (!onRdnConflict || !main) return undefined;
  const suffix = onRdnConflict.append.render(scimLookup(wanted)) ?? '';
  const limit = limitOf(rdn[0]?.value.text ?? '');
  const candidates = Array.from({ length: onRdnConflict.tries }, (_, i) =>
    withEnd(String(main.value), `${suffix}${i === 0 ? '' : ` ${i + 1}`}`, limit),
  );
  const next = candidates[candidates.indexOf(String(taken[0]?.value)) + 1];
  return next === undefined ? undefined : [{ ...main, value: next }, ...rest];
}

/** The attributes with the naming values of another RDN. */
function renamed(entry: NewEntry, rdn: Rdn): NewEntry['attributes'] {
  const attributes = new Map(entry.attributes);
  for (const [i, { type, value }] of rdn.entries()) {
    const old = entry.rdn[i]?.value;
    if (old === value) continue;
    const name = [...attributes.keys()].find((key) => key.toLowerCase() === type.toLowerCase()) ?? type;
    const values = attributes.get(name) ?? [];
    attributes.set(
      name,
      values.map((each) => (String(each) === String(old) ? value : each)),
    );
  }
  return attributes;
}

/** Generated names are unique in the whole directory, also beyond what is mapped. */
async function isValueTaken({ directory, baseDn }: Backend, attribute: string, value: string): Promise<boolean> {
  const filter = and([present('objectClass'), equal(attribute, value)]);
  for await (const _ of directory.search({ base: baseDn, scope: 'sub', filter, attributes: [], limit: 1 })) return true;
  return false;
}

/** The value with the lowest number that nobody has, cut so that it stays within the limit of its template. */
async function freeValue(backend: Backend, attribute: string, value: string, limit: number): Promise<string | undefined> {
  for (let number = 2; number <= highestNumber; number++) {
    const candidate = withEnd(value, String(number), limit);
    if (!(await isValueTaken(backend, attribute, candidate))) return candidate;
  }
  return undefined;
}

/** The text with something appended, cut before it so that both stay within the limit. */
function withEnd(value: string, end: string, limit: number): string {
  const room = Math.max(1, limit - [...end].length);
  return `${[...value].slice(0, room).join('')}${end}`;
}

/** Of a template that ends with the pipe `max`. */
function limitOf(template: string): number {
  return Number(/\|\s*max\s+(\d+)\s*\}$/.exec(template)?.[1] ?? Infinity);
}
