// Every LDAP attribute that a mapping uses, with its place in the file and what it is used for: what most findings are about.
// The compiled mapping knows no places, the definition no types: this brings both together.
import { resolvePath, parsePath, type AttributeReference } from '../../scim/path.ts';
import { type AttributeType, enterpriseUserSchema } from '../../scim/schema.ts';
import type { AttributeDefinition, CodecDefinition, MappingDefinition, ResourceDefinition } from '../definition.ts';
import type { Mapping, ResourceMapping } from '../mapping.ts';
import type { Path } from '../report.ts';
import type { Rule } from '../rule.ts';
import { compileTemplate } from '../template.ts';
import { aliasOf } from '../text.ts';

export interface Use {
  readonly at: Path;
  /** The SCIM path as in the file. */
  readonly label: string;
  readonly ldap: string;
  readonly role: 'value' | 'text' | 'reference' | 'membership' | 'memberships' | 'id' | 'set' | 'rdn' | 'state' | 'marker' | 'password';
  /** Of the SCIM value. */
  readonly type: AttributeType;
  readonly codec: CodecDefinition | undefined;
  /** Several SCIM values live in the attribute. */
  readonly many: boolean;
  readonly reads: boolean;
  readonly writes: boolean;
  /** The SCIM attribute, where it is one. */
  readonly target?: AttributeReference;
  /** Asked sub-attribute of a complex target. */
  readonly sub?: string;
  readonly rule?: Rule;
}

export const useKey = (use: Pick<Use, 'at'>): string => use.at.join('\0');

/** The codec that applies: as named, or by type. */
export function codecName({ codec, type }: Pick<Use, 'codec' | 'type'>): string {
  const named = Object.entries(codec ?? {}).find(([, value]) => value !== undefined)?.[0];
  return named ?? defaultNames.get(type) ?? 'string';
}

const defaultNames: ReadonlyMap<AttributeType, string> = new Map([
  ['boolean', 'boolean'],
  ['integer', 'int'],
  ['decimal', 'decimal'],
  ['dateTime', 'generalizedTime'],
  ['binary', 'base64'],
  ['complex', 'json'],
]);

export interface ResourceUses {
  readonly name: string;
  readonly definition: ResourceDefinition;
  readonly mapping: ResourceMapping;
  readonly uses: readonly Use[];
}

export function collectUses(definition: MappingDefinition, mapping: Mapping): readonly ResourceUses[] {
  return mapping.resources.flatMap((compiled): ResourceUses[] => {
    const { name } = compiled.type;
    const resource = definition.resources[name];
    if (!resource) return [];
    return [
      {
        name,
        definition: resource,
        mapping: compiled,
        uses: [...blockUses(name, resource), ...attributeUses(name, resource, compiled, definition)],
      },
    ];
  });
}

const plain = { codec: undefined, many: false, reads: false, writes: false } as const;

/** What stands outside `attributes:`. */
function blockUses(name: string, resource: ResourceDefinition): readonly Use[] {
  const at = (...path: Path): Path => ['resources', name, ...path];
  const { id, create, membership, accountState, password, set = {}, delete: removal } = resource;
  const uses: Use[] = [{ ...plain, at: at('id'), label: 'id', ldap: id.ldap, role: 'id', type: 'string', codec: id.codec, reads: true }];
  for (const ldap of create ? rdnAttributes(create.rdn) : [])
    uses.push({ ...plain, at: at('create', 'rdn'), label: 'create.rdn', ldap, role: 'rdn', type: 'string', writes: true });
  for (const ldap of Object.keys(set))
    uses.push({ ...plain, at: at('set', ldap), label: 'set', ldap, role: 'set', type: 'string', writes: true });
  if (membership)
    uses.push({
      ...plain,
      at: at('membership', 'ldap'),
      label: 'members',
      ldap: membership.ldap,
      role: 'membership',
      type: 'complex',
      many: true,
      reads: true,
      writes: true,
    });
  if (accountState)
    uses.push({
      ...plain,
      at: at('accountState'),
      label: 'active',
      ldap: stateAttribute(accountState),
      role: 'state',
      type: 'boolean',
      reads: true,
      writes: true,
    });
  if (password && password.strategy !== 'passwordModify')
    uses.push({ ...plain, at: at('password'), label: 'password', ldap: password.strategy, role: 'password', type: 'string', writes: true });
  if (removal?.marker)
    uses.push({
      ...plain,
      at: at('delete', 'marker'),
      label: 'delete.marker',
      ldap: removal.marker.ldap,
      role: 'marker',
      type: 'string',
      reads: true,
      writes: true,
    });
  if (removal?.marker?.time !== undefined)
    uses.push({
      ...plain,
      at: at('delete', 'marker', 'time'),
      label: 'delete.marker.time',
      ldap: removal.marker.time,
      role: 'marker',
      type: 'string',
      reads: true,
      writes: true,
    });
  return uses;
}

function stateAttribute({ strategy, ldap }: NonNullable<ResourceDefinition['accountState']>): string {
  if (strategy === undefined) return ldap ?? '';
  return strategy === 'ppolicy' ? 'pwdAccountLockedTime' : strategy;
}

/** The attributes that name new entries: `uid={userName}` has one. */
export function rdnAttributes(rdn: string): readonly string[] {
  const parts = rdn.match(/(?:\{[^}]*\}|[^+{])+/g) ?? [];
  return parts.flatMap((part) => /^\s*([A-Za-z][A-Za-z0-9-]*)\s*=/.exec(part)?.[1] ?? []);
}

function attributeUses(
  name: string,
  resource: ResourceDefinition,
  compiled: ResourceMapping,
  definition: MappingDefinition,
): readonly Use[] {
  const schemas = definition.schemas ?? [];
  const aliases = new Map([
    ['enterprise', enterpriseUserSchema.id],
    ...schemas.map(({ alias, urn }) => [(alias ?? aliasOf(urn) ?? urn).toLowerCase(), urn] as const),
  ]);
  const find = (path: string): AttributeReference | undefined => {
    const [, alias = '', rest = ''] = /^([A-Za-z][A-Za-z0-9]*):([^:]+)$/.exec(path) ?? [];
    const urn = aliases.get(alias.toLowerCase());
    const parsed = parsePath(urn === undefined ? path : `${urn}:${rest}`);
    return parsed && resolvePath(parsed, compiled.type);
  };
  const of = (at: Path, label: string, path: string, attribute: AttributeDefinition): readonly Use[] => {
    const target = find(path);
    const rule = compiled.rules.find((candidate) => candidate.target.name === target?.name);
    return target && rule ? usesOf(at, label, target, rule, attribute) : [];
  };
  const listed = Object.entries(resource.attributes).flatMap(([key, attribute]) =>
    attribute ? of(['resources', name, 'attributes', key], key, key, attribute) : [],
  );
  const inSchemas = schemas.flatMap((schema, i) => {
    if (schema.extends !== name && schema.urn !== resource.schema) return [];
    return Object.entries(schema.attributes).flatMap(([key, attribute]) => {
      const at: Path = ['schemas', i, 'attributes', key];
      const label = schema.extends === undefined ? key : `${schema.alias ?? aliasOf(schema.urn) ?? schema.urn}:${key}`;
      const subs = Object.entries(attribute.subAttributes ?? {});
      const parts = subs.flatMap(([sub, part]) =>
        of([...at, 'subAttributes', sub], `${label}.${sub}`, `${schema.urn}:${key}.${sub}`, part),
      );
      return [...parts, ...(subs.length > 0 ? [] : of(at, label, `${schema.urn}:${key}`, attribute))];
    });
  });
  return [...listed, ...inSchemas];
}

function usesOf(at: Path, label: string, target: AttributeReference, rule: Rule, definition: AttributeDefinition): readonly Use[] {
  const { access } = rule;
  const reads = access !== 'writeOnly';
  const writes = access !== 'readOnly' && access !== 'ignoreWrites';
  const attribute = target.sub ?? target.attribute;
  const common = { label, target, codec: definition.codec, type: attribute.type, many: false, reads, writes, rule } as const;
  const { ldap, read, write, elements, memberships, reference } = definition;
  const uses: Use[] = [];
  for (const [i, attributeName] of [ldap ?? []].flat().entries()) {
    const role = reference ? ('reference' as const) : ('value' as const);
    // Of several sources the first that has a value is shown.
    const many = attribute.multiValued && definition.codec?.split === undefined;
    const complexList = attribute.type === 'complex' && attribute.multiValued && !reference && definition.codec?.json === undefined;
    uses.push({
      ...common,
      at: [...at, 'ldap', ...(Array.isArray(ldap) ? [i] : [])],
      ldap: attributeName,
      role,
      many,
      writes: writes && i === 0 && !Array.isArray(ldap),
      ...(complexList && { type: 'string' as const, sub: 'value' }),
    });
  }
  for (const ldapName of read === undefined ? [] : namesIn(read))
    uses.push({ ...common, at: [...at, 'read'], ldap: ldapName, role: 'text', type: 'string', codec: undefined, writes: false });
  for (const [i, part] of (write ?? []).entries())
    uses.push({
      ...common,
      at: [...at, 'write', i],
      ldap: part.ldap,
      role: 'text',
      type: 'string',
      codec: undefined,
      reads: false,
      writes,
    });
  if (memberships?.direct !== undefined)
    uses.push({ ...common, at: [...at, 'memberships'], ldap: memberships.direct, role: 'memberships', many: true, writes: false });
  for (const [i, element] of (elements ?? []).entries()) {
    const kind = element.slot ? 'slot' : 'list';
    for (const [sub, part] of Object.entries(element.slot ?? element.list ?? {})) {
      const type = target.attribute.subAttributes?.find((candidate) => candidate.name === sub)?.type ?? 'string';
      const place = Object.entries(element.match).map(([key, value]) => `${key} eq ${JSON.stringify(value)}`);
      const path = `${label}${place.length > 0 ? `[${place.join(' and ')}]` : ''}.${sub}`;
      uses.push({
        ...common,
        at: [...at, 'elements', i, kind, sub],
        label: path,
        ldap: part.ldap,
        role: 'value',
        type,
        codec: part.codec,
        many: kind === 'list',
        sub,
      });
    }
  }
  return uses;
}

function namesIn(template: string): readonly string[] {
  try {
    return compileTemplate(template).names;
  } catch {
    return [];
  }
}
