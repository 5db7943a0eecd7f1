// What was found in a directory, and a few questions about it that every part of a proposal asks.
import type { Dn } from '../../ldap/dn.ts';
import { allAttributesOf, type DirectorySchema } from '../../ldap/schema.ts';
import type { MappingDefinition } from '../../mapping/definition.ts';
import type { Population } from './survey.ts';

export interface Findings {
  readonly preset: MappingDefinition;
  readonly schema: DirectorySchema;
  readonly baseDn: Dn;
  readonly people: Population;
  readonly groups: Population;
  /** The folders of the preset exist, even where nothing is in them yet. */
  readonly hasFolder: { readonly people: boolean; readonly groups: boolean };
  /** Memberships stand in the people's entries, too, and say the same (the memberof overlay of OpenLDAP). */
  readonly trustsMemberOf: boolean;
  /** Classes, places and names are the same on every server of this kind. */
  readonly isUniform: boolean;
}

/** Whether an entry of the sample has classes that allow an attribute, or the server keeps it. */
export function isPossible({ schema }: Findings, { classes }: Population): (ldap: string) => boolean {
  const { must, may } = allAttributesOf(schema, [...classes.keys()]);
  return (ldap) => {
    const type = schema.attribute(ldap);
    const name = type?.name.toLowerCase() ?? '';
    return type !== undefined && (must.has(name) || may.has(name) || type.operational || classes.has('extensibleobject'));
  };
}

/** Entries of the sample that have the attribute. */
export function countUse({ filled }: Population, ldap: string): number {
  return filled.get(ldap.toLowerCase()) ?? 0;
}

/** The name as the schema spells it. */
export function spellClass({ schema }: Findings, name: string): string {
  return schema.objectClass(name)?.name ?? name;
}

export function mostFrequent(counts: ReadonlyMap<string, number>): string | undefined {
  return [...counts.keys()][0];
}

export function equalNames(a: readonly string[], b: readonly string[]): boolean {
  const key = (names: readonly string[]): string =>
    names
      .map((name) => name.toLowerCase())
      .toSorted()
      .join(' ');
  return key(a) === key(b);
}
