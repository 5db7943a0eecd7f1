// The texts of a mapping file that stand for something else: DNs with `{baseDn}`, aliases of extension schemas, templates over SCIM paths.
// RFC 4514; RFC 7644 section 3.10 (attribute notation).
import { type Dn, parseDn } from '../ldap/dn.ts';
import { type AttributeReference, parsePath, resolvePath } from '../scim/path.ts';
import type { ResourceType } from '../scim/schema.ts';
import type { MappingDefinition } from './definition.ts';
import type { Path, Report } from './report.ts';
import { compileTemplate, type Template } from './template.ts';

export interface CompileOptions {
  /** The directory's baseDn, for `{baseDn}`. */
  readonly baseDn: string;
}

/** What the texts of one file are read with. */
export interface Reading extends CompileOptions {
  /** URNs of extension schemas by what stands for them. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly report: Report;
}

/** A DN in which `{baseDn}` stands for the directory's. */
export function compileDn(path: Path, text: string, { baseDn, report }: Reading): Dn | undefined {
  return report.attempt(path, () => parseDn(text.replaceAll('{baseDn}', () => baseDn)));
}

/** A template over SCIM paths, each of which must exist in the type; its names are the canonical ones. */
export function compileScimTemplate(path: Path, text: string, type: ResourceType, { aliases, report }: Reading): Template | undefined {
  const template = report.attempt(path, () => compileTemplate(text));
  if (!template) return undefined;
  const canonical = new Map<string, string>();
  for (const name of template.names) {
    const reference = resolveAlias(name, type, aliases);
    if (!reference) report.add(path, `the template names ${name}, which is no mapped attribute of ${type.name}`);
    else if (reference.attribute.returned === 'never') report.add(path, `the template names ${name}, which is a secret`);
    else canonical.set(name, reference.name);
  }
  const nameOf = (name: string): string => canonical.get(name) ?? name;
  return { text, names: template.names.map(nameOf), render: (lookup) => template.render((name) => lookup(nameOf(name))) };
}

/** The attribute that a path names, its URN perhaps by an alias (`enterprise:manager`). */
export function resolveAlias(path: string, type: ResourceType, aliases: ReadonlyMap<string, string>): AttributeReference | undefined {
  const [, alias = '', rest = ''] = /^([A-Za-z][A-Za-z0-9]*):([^:]+)$/.exec(path) ?? [];
  const urn = aliases.get(alias.toLowerCase());
  const parsed = parsePath(urn === undefined ? path : `${urn}:${rest}`);
  return parsed && resolvePath(parsed, type);
}

/** The word before the version in an extension URN: `enterprise`, `badge`. */
export const aliasOf = (urn: string): string | undefined => /:([A-Za-z][A-Za-z0-9]*):\d+\.\d+(?::|$)/.exec(urn)?.[1]?.toLowerCase();

/** The aliases that a file may use: its own, and `enterprise`. */
export function collectAliases(schemas: NonNullable<MappingDefinition['schemas']>, report: Report): ReadonlyMap<string, string> {
  const aliases = new Map([['enterprise', 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User']]);
  for (const [i, { alias, urn }] of schemas.entries()) {
    const name = (alias ?? aliasOf(urn))?.toLowerCase();
    if (name === undefined) continue;
    if (aliases.has(name))
      report.add(['schemas', i, alias === undefined ? 'urn' : 'alias'], `the alias ${name} stands for ${aliases.get(name)} already`);
    else aliases.set(name, urn);
  }
  return aliases;
}
