// What the bind account may do with one entry, as the server itself says. Nothing is ever written:
// Active Directory and 389 Directory Server tell; slapd is asked to change a value to what it is, with the No-Op control.
// [MS-ADTS] 3.1.1.4.5 (allowedAttributesEffective); draft-ietf-ldapext-acl-model (get effective rights); draft-zeilenga-ldap-noop.
import { randomUUID } from 'node:crypto';
import type { DirectoryConfig } from '../config.ts';
import { connect, type Connection } from '../ldap/connection.ts';
import { type Directory, DirectoryError } from '../ldap/directory.ts';
import { formatDn, parseDn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { present } from '../ldap/filter.ts';
import { collect } from '../ldap/search.ts';
import type { ResourceFacts, ResourceUses, RightsFacts, Use } from '../mapping/lint.ts';

export interface RightsOptions {
  /** Do not even send requests that would be writes without their No-Op control. */
  readonly readOnly: boolean;
}

type Told = Pick<ResourceFacts, 'rights' | 'allowed'>;

/** Nothing where the server does not tell. */
export async function askRights(
  directory: Directory,
  config: DirectoryConfig,
  resource: ResourceUses,
  sample: Entry,
  options: RightsOptions,
): Promise<Told> {
  switch (directory.capabilities().vendor) {
    case 'active-directory':
    case 'samba-ad':
      return askActiveDirectory(directory, resource, sample);
    case '389ds':
    case 'freeipa':
      return withConnection(config, (connection) => ask389(connection, config, resource, sample));
    case 'openldap':
      return options.readOnly ? {} : withConnection(config, (connection) => askSlapd(directory, connection, config, resource, sample));
    default:
      return {};
  }
}

/** Attributes that a modification of an existing entry may touch; naming attributes follow renames. */
function modified({ uses, definition }: ResourceUses): readonly string[] {
  const isModified = (use: Use): boolean => {
    if (!use.writes || use.role === 'password') return false;
    if (use.role === 'rdn') return false;
    if (use.role === 'set') return definition.set?.[use.ldap]?.always !== undefined;
    return use.rule?.access !== 'createOnly';
  };
  return lowerCased(uses.filter(isModified).map((use) => use.ldap));
}

const lowerCased = (names: readonly string[]): readonly string[] => [...new Set(names.map((name) => name.toLowerCase()))];

async function askActiveDirectory(directory: Directory, resource: ResourceUses, sample: Entry): Promise<Told> {
  const entry = await directory.read(parseDn(sample.dn), ['allowedAttributesEffective', 'allowedAttributes']);
  if (!entry?.has('allowedAttributes')) return {};
  const writable = new Set(lowerCased(entry.texts('allowedAttributesEffective')));
  const { schema } = directory.capabilities();
  // The name of an object is written by a rename, and is not in the list.
  const asked = modified(resource).filter((name) => schema.attribute(name) && name !== 'cn' && name !== 'name');
  const create = resource.mapping.create;
  const structural = create?.objectClasses.findLast((name) => schema.objectClass(name)?.kind === 'structural')?.toLowerCase();
  const parents = await Promise.all(
    (create?.placement ?? []).map(({ base }) => directory.read(base, ['allowedChildClassesEffective', 'allowedChildClasses'])),
  );
  const told = parents.filter((parent) => parent?.has('allowedChildClasses'));
  const mayCreate =
    structural !== undefined && told.length > 0
      ? told.every((parent) => lowerCased(parent?.texts('allowedChildClassesEffective') ?? []).includes(structural))
      : undefined;
  return {
    allowed: new Set(lowerCased(entry.texts('allowedAttributes'))),
    rights: {
      source: 'allowedAttributesEffective',
      asked: new Set(asked),
      unwritable: new Set(asked.filter((name) => !writable.has(name))),
      unreadable: new Set(),
      ...(mayCreate !== undefined && { mayCreate }),
    },
  };
}

/** Get effective rights: the value of the control is the authorization identity that is asked about. */
async function ask389(connection: Connection, config: DirectoryConfig, resource: ResourceUses, sample: Entry): Promise<Told> {
  const writes = modified(resource);
  const reads = lowerCased(resource.uses.filter((use) => use.reads).map((use) => use.ldap));
  const control = { oid: '1.3.6.1.4.1.42.2.27.9.5.2', critical: true, value: Buffer.from(`dn:${config.bind.dn}`) };
  const search = {
    base: sample.dn,
    scope: 'base' as const,
    filter: present('objectClass'),
    attributes: [...new Set([...writes, ...reads])],
    sizeLimit: 0,
    timeLimit: 0,
  };
  const { entries, result } = await collect(connection, search, { controls: [control] });
  const levels = new Map(
    (entries[0]?.texts('attributeLevelRights') ?? []).flatMap((text) =>
      [...text.matchAll(/([\w.;-]+):([a-zA-Z]+)/g)].map(([, name = '', rights = '']) => [name.toLowerCase(), rights] as const),
    ),
  );
  if (result.resultCode !== 0 || levels.size === 0) return {};
  const asked = new Set([...writes, ...reads].filter((name) => levels.has(name)));
  const lacks = (name: string, right: string): boolean => asked.has(name) && !levels.get(name)?.includes(right);
  const entryRights = entries[0]?.texts('entryLevelRights')[0];
  return {
    rights: {
      source: 'get effective rights',
      asked,
      unwritable: new Set(writes.filter((name) => lacks(name, 'w'))),
      unreadable: new Set(reads.filter((name) => lacks(name, 'r'))),
      ...(entryRights !== undefined && { mayCreate: entryRights.includes('a'), mayDelete: entryRights.includes('d') }),
    },
  };
}

const noOp = { oid: '1.3.6.1.4.1.4203.666.5.2', critical: true };
const [noSuchObject, insufficientAccessRights, noOperation] = [32, 50, 0x410e];

/**
 * The control is critical, so that a server without it refuses; that this server knows it is proven with an entry that does not exist;
 * and each value is replaced by itself, so that nothing changed even if the server forgot the control.
 */
async function askSlapd(
  directory: Directory,
  connection: Connection,
  config: DirectoryConfig,
  resource: ResourceUses,
  sample: Entry,
): Promise<Told> {
  const attempt = async (dn: string, attribute: string, values: readonly Buffer[]) => {
    const { resultCode } = await connection.request(
      { operation: 'modify', dn, changes: [{ operation: 'replace', attribute, values }] },
      { controls: [noOp] },
    );
    return resultCode;
  };
  const nobody = formatDn({ rdns: [[{ type: 'cn', value: randomUUID() }], ...config.baseDn.rdns] });
  if ((await attempt(nobody, 'description', [])) !== noSuchObject) return {};
  const { schema } = directory.capabilities();
  const names = modified(resource).filter((name) => schema.attribute(name)?.noUserModification === false);
  const current = await directory.read(parseDn(sample.dn), names);
  if (!current) return {};
  const [asked, unwritable] = [new Set<string>(), new Set<string>()];
  for (const name of names) {
    const code = await attempt(sample.dn, name, current.octets(name));
    if (code !== noOperation && code !== insufficientAccessRights) continue;
    asked.add(name);
    if (code === insufficientAccessRights) unwritable.add(name);
  }
  return asked.size === 0 ? {} : { rights: { source: 'No-Op control', asked, unwritable, unreadable: new Set() } satisfies RightsFacts };
}

/** A connection of its own, as the directory lends none. Nothing where it cannot be had. */
async function withConnection(config: DirectoryConfig, work: (connection: Connection) => Promise<Told>): Promise<Told> {
  for (const url of config.servers) {
    let connection: Connection;
    try {
      connection = await connect({ url, bind: config.bind, tls: config.tls, timeouts: config.timeouts });
    } catch (error) {
      if (error instanceof DirectoryError) continue;
      throw error;
    }
    try {
      return await work(connection);
    } catch (error) {
      if (error instanceof DirectoryError) return {};
      throw error;
    } finally {
      connection.close();
    }
  }
  return {};
}
