// An entry beside the resource that it is: for every rule of the mapping what LDAP holds, what SCIM shows, and where the rule stands.
import { effectiveMapping } from '../config.ts';
import { findEntry } from '../gateway/backend.ts';
import { attributesFor } from '../gateway/read-entries.ts';
import { versionAttributes } from '../gateway/version.ts';
import type { Entry } from '../ldap/entry.ts';
import { isSecret, mask } from '../ldap/ldif.ts';
import { decodeText } from '../ldap/syntax.ts';
import { type MappingDefinition, mappingDefinition } from '../mapping/definition.ts';
import { accessOf } from '../mapping/item.ts';
import { codecName, collectUses, type ResourceUses, type Use } from '../mapping/lint/uses.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import { parseDefinition } from '../mapping/problems.ts';
import { everything } from '../mapping/read.ts';
import { valueAt } from '../mapping/write.ts';
import type { Json, JsonObject, Resource } from '../scim/schema.ts';
import type { Rehearsal } from './rehearsal.ts';

export interface Comparison {
  readonly type: string;
  readonly dn: string;
  readonly id: string;
  readonly client: string;
  readonly dialect: string;
  readonly directory: string;
  /** Resources of the same name that are not shown. */
  readonly others: number;
  readonly rows: readonly Row[];
  /** Attributes of the entry that no rule names. */
  readonly unmapped: readonly { readonly ldap: string; readonly values: readonly string[] }[];
}

export interface Row {
  /** SCIM path as in the mapping. */
  readonly scim: string;
  readonly values: readonly string[];
  /** LDAP attribute, or what else the value comes from. */
  readonly ldap: string;
  readonly ldapValues: readonly string[];
  readonly codec: string;
  readonly access: string;
  /** `file:line` of the rule. */
  readonly at: string;
}

export async function compareEntry(
  rehearsal: Rehearsal,
  resource: ResourceMapping,
  shown: Readonly<Record<string, unknown>>,
  others: number,
): Promise<Comparison> {
  const { backend, client, directory } = rehearsal;
  const id = String(shown['id']);
  const entry = await findEntry(backend, resource, id, ['*', ...attributesFor(backend, resource, everything)]);
  const { document } = effectiveMapping(directory.mappingFiles[0] ?? '');
  const definition = document && parseDefinition(mappingDefinition, document.data).value;
  if (!document || !definition) throw new Error('the mapping changed while it was in use');
  const at = (path: Use['at']): string => {
    const { file, line } = document.locate(path);
    return `${file}:${line}`;
  };
  const uses = collectUses(definition, directory.mapping).find(({ name }) => name === resource.type.name);
  const rows = uses ? rowsOf(uses, definition, entry, shown as Resource, at) : [];
  return {
    type: resource.type.name,
    dn: entry.dn,
    id,
    client: client.name,
    dialect: client.dialect.name,
    directory: directory.name,
    others,
    rows,
    unmapped: unmappedOf(entry, uses?.uses ?? [], resource, versionAttributes(backend, resource)),
  };
}

function rowsOf(
  { name, uses, definition, mapping }: ResourceUses,
  whole: MappingDefinition,
  entry: Entry,
  shown: Resource,
  at: (path: Use['at']) => string,
): readonly Row[] {
  const silent = new Set<Use['role']>(['rdn', 'marker', 'password']);
  const ofUses = uses
    .filter(({ role }) => !silent.has(role))
    .map((use): Row => {
      const values = use.role === 'set' ? [] : scimValues(use, mapping, whole, shown);
      return {
        scim: use.role === 'set' ? '(computed)' : use.label,
        values: values.map(showJson),
        ldap: use.ldap,
        ldapValues: showValues(entry, use.ldap),
        codec:
          use.role === 'state'
            ? 'accountState'
            : isReference(use)
              ? 'reference'
              : use.role === 'text' || use.role === 'set'
                ? 'template'
                : codecName(use),
        access: use.role === 'set' || use.role === 'state' ? 'readWrite' : (use.rule?.access ?? (use.writes ? 'readWrite' : 'readOnly')),
        at: at(use.at),
      };
    });
  // Values that come from no attribute of the entry.
  const others = Object.entries(definition.attributes).flatMap(([key, attribute]): Row[] => {
    if (attribute === null || uses.some(({ at: [, , block, used] }) => block === 'attributes' && used === key)) return [];
    const rule = mapping.rules.find(({ target }) => target.name === key);
    const value = rule && valueAt(shown, rule.target);
    const source = attribute.memberships?.reverse === undefined ? 'constant' : `searched in ${attribute.memberships.reverse}`;
    const values = listOf(value).map(showJson);
    return [
      {
        scim: key,
        values,
        ldap: source,
        ldapValues: [],
        codec: attribute.memberships ? 'reference' : 'constant',
        access: accessOf(attribute),
        at: at(['resources', name, 'attributes', key]),
      },
    ];
  });
  return [...ofUses, ...others];
}

const isReference = ({ role }: Use): boolean => role === 'reference' || role === 'membership' || role === 'memberships';
const listOf = (value: Json | undefined): readonly Json[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly Json[]) : [value];

function scimValues(use: Use, mapping: ResourceMapping, whole: MappingDefinition, shown: Resource): readonly Json[] {
  if (use.role === 'id') return listOf(shown['id']);
  const target = use.target ?? mapping.rules.find((rule) => rule.target.name === use.label)?.target;
  const values = target ? listOf(valueAt(shown, target)) : [];
  const { sub } = use;
  if (sub === undefined) return values;
  const match = matchOf(use, whole);
  return values.flatMap((element) => {
    if (typeof element !== 'object' || element === null) return [];
    const object = element as JsonObject;
    const fits = Object.entries(match).every(([key, value]) => object[key] === value);
    return fits && object[sub] !== undefined ? [object[sub]] : [];
  });
}

/** The fixed sub-attributes of the elements that a rule serves. */
function matchOf({ at }: Use, whole: MappingDefinition): Readonly<Record<string, string | boolean>> {
  const element = at.indexOf('elements');
  if (element === -1) return {};
  const found = at
    .slice(0, element + 2)
    .reduce<unknown>((value, key) => (value as Readonly<Record<string | number, unknown>> | undefined)?.[key], whole);
  return (found as { readonly match?: Readonly<Record<string, string | boolean>> } | undefined)?.match ?? {};
}

/** Of a reference the name and the id; anything else as it is. */
function showJson(value: Json): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || !('value' in value)) return JSON.stringify(value);
  const { value: id, display, displayName } = value as JsonObject;
  const name = display ?? displayName;
  return name === undefined ? JSON.stringify(value) : `${String(name)} (${String(id)})`;
}

function showValues(entry: Entry, attribute: string): readonly string[] {
  if (isSecret(attribute)) return entry.octets(attribute).map(() => mask);
  return entry.octets(attribute).map((octets) => {
    const text = decodeText(octets);
    return text === undefined || /[\0-\x08\x0e-\x1f]/.test(text)
      ? `${octets.length} octets, ${octets.toString('hex').slice(0, 32)}${octets.length > 16 ? '…' : ''}`
      : text;
  });
}

function unmappedOf(
  entry: Entry,
  uses: readonly Use[],
  { id, rules }: ResourceMapping,
  ofVersion: readonly string[],
): Comparison['unmapped'] {
  const known = new Set(
    [id.ldap, ...ofVersion, ...uses.map(({ ldap }) => ldap), ...rules.flatMap(({ reads, writes }) => [...reads, ...writes])].map((name) =>
      name.toLowerCase(),
    ),
  );
  const names = entry.names().filter((name) => !known.has(name));
  return names.toSorted().map((ldap) => ({ ldap, values: showValues(entry, ldap) }));
}
