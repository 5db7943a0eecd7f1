// Values in other entries that name an entry by its DN: groups' members, managers. They follow a rename and go with a delete.
// Active Directory sees to that by itself; elsewhere it is an option of the server (refint), so the gateway makes sure (L-046, L-060).
// A member value that outlives its entry would hand the group to whoever gets the name next.
import { type Directory, DirectoryError } from '../ldap/directory.ts';
import { type Dn, formatDn, parseDn } from '../ldap/dn.ts';
import { equal } from '../ldap/filter.ts';
import type { Change } from '../ldap/entry.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import { askAtOnce } from './at-once.ts';
import { type Backend, searchScope } from './backend.ts';
import type { Link } from './plan.ts';
import { unrestricted } from './restriction.ts';

const linkedByServer = new Set(['active-directory', 'samba-ad']);

/** The values in scope that must follow the name of an entry of this resource type, or go with it; none where the server sees to that. */
export async function findLinks(backend: Backend, target: ResourceMapping, dn: Dn): Promise<readonly Link[]> {
  return linkedByServer.has(backend.directory.capabilities().vendor) ? [] : findNaming(backend, target, dn);
}

/** The values in scope that name an entry of this resource type. */
export async function findNaming(backend: Backend, target: ResourceMapping, dn: Dn): Promise<readonly Link[]> {
  const attributes = backend.mapping.resources.flatMap((resource) =>
    referringAttributes(resource, target.type.name).map((attribute) => ({ resource, attribute })),
  );
  return (await askAtOnce(attributes.map(({ resource, attribute }) => findHolders(backend, resource, attribute, dn)))).flat();
}

async function findHolders(backend: Backend, resource: ResourceMapping, attribute: string, dn: Dn): Promise<readonly Link[]> {
  const placeholder = resource.membership?.ldap === attribute ? resource.membership.placeholder : undefined;
  const links: Link[] = [];
  for await (const holder of searchScope(unrestricted(backend), resource, equal(attribute, formatDn(dn)), []))
    links.push({ dn: parseDn(holder.dn), attribute, placeholder });
  return links;
}

/** Attributes that the mapping writes DNs of this resource type to. */
function referringAttributes({ rules }: ResourceMapping, type: string): readonly string[] {
  const naming = rules.filter((rule) => rule.ids?.('probe').some(({ to }) => to.includes(type)));
  return [...new Set(naming.flatMap((rule) => rule.writes))];
}

const codes = { noSuchAttribute: 16, attributeOrValueExists: 20, noSuchObject: 32, objectClassViolation: 65 };

/** Exchanges one DN for another in a value elsewhere, or takes it away. What the server or somebody else has done already is fine. */
export async function relink(directory: Directory, { dn, attribute, placeholder }: Link, from: Dn, to: Dn | undefined): Promise<void> {
  const change = (operation: 'add' | 'delete', value: Dn): Change => ({ operation, attribute, values: [formatDn(value)] });
  const attempt = async (added: Dn | undefined): Promise<number> => {
    try {
      await directory.modify(dn, [change('delete', from), ...(added ? [change('add', added)] : [])]);
      return 0;
    } catch (error) {
      if (error instanceof DirectoryError && error.kind === 'result' && Object.values(codes).includes(error.resultCode ?? -1))
        return error.resultCode ?? 0;
      throw error;
    }
  };
  const first = await attempt(to);
  if (first === codes.objectClassViolation && placeholder) await attempt(placeholder);
  // The new name is there already: only the old one is left to take away.
  if (first === codes.attributeOrValueExists) await attempt(undefined);
}
