// The texts of a mapping file that stand for something else: DNs with `{baseDn}`, aliases of extension schemas, templates over SCIM paths.
import { type Dn, parseDn } from '../ldap/dn.ts';
import { parsePath, resolvePath } from '../scim/path.ts';
import type { ResourceType } from '../scim/schema.ts';
import type { Path, Report } from './report.ts';
import { compileTemplate, type Template } from './template.ts';

export interface CompileOptions {
  /** The directory's baseDn, for `{baseDn}`. */
  readonly baseDn: string;
}

/** A DN in which `{baseDn}` stands for the directory's. */
export function compileDn(path: Path, text: string, options: CompileOptions, report: Report): Dn | undefined {
  return report.attempt(path, () => parseDn(text.replaceAll('{baseDn}', options.baseDn)));
}

/** A template over SCIM paths, each of which must exist in the type. */
export function compileScimTemplate(path: Path, text: string, type: ResourceType, report: Report): Template | undefined {
  const template = report.attempt(path, () => compileTemplate(text));
  for (const name of template?.names ?? []) {
    const parsed = parsePath(expandAlias(name, type));
    if (!parsed || !resolvePath(parsed, type)) report.add(path, `the template names ${name}, which is no mapped attribute of ${type.name}`);
  }
  return template && { ...template, names: template.names.map((name) => expandAlias(name, type)), render: (lookup) => template.render((name) => lookup(expandAlias(name, type))) };
}

/** `enterprise:manager` with the URN that the alias stands for. */
export function expandAlias(path: string, type: ResourceType, aliases: ReadonlyMap<string, string> = new Map()): string {
  const [, alias, rest] = /^([A-Za-z][A-Za-z0-9]*):([^:]+)$/.exec(path) ?? [];
  if (alias === undefined) return path;
  const urn = aliases.get(alias) ?? type.extensions.find(({ schema }) => aliasOf(schema.id) === alias.toLowerCase())?.schema.id;
  return urn === undefined ? path : `${urn}:${rest}`;
}

/** The word before the version in an extension URN: `enterprise`, `badge`. */
export const aliasOf = (urn: string): string | undefined => /:([A-Za-z][A-Za-z0-9]*):\d+\.\d+(?::|$)/.exec(urn)?.[1]?.toLowerCase();
