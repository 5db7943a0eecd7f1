// `create` of the mapping file: the object classes, the name and the place of new entries.
// RFC 4514 (RDN), RFC 4511 section 4.7.
import { type Dn, equalDn, isUnder } from '../ldap/dn.ts';
import { parseFilter, resolveFilter } from '../scim/filter.ts';
import type { ResourceType } from '../scim/schema.ts';
import type { ResourceDefinition } from './definition.ts';
import type { CreateMapping, RdnTemplate, SearchBase } from './mapping.ts';
import type { Path } from './report.ts';
import { compileDn, compileScimTemplate, type Reading } from './text.ts';

export function compileCreate(
  create: NonNullable<ResourceDefinition['create']>,
  at: Path,
  type: ResourceType,
  bases: readonly SearchBase[],
  reading: Reading,
): CreateMapping | undefined {
  const { report } = reading;
  const placement = create.placement.flatMap((place, i) => {
    const where = [...at, 'placement', i];
    const base = compileDn([...where, 'base'], place.base, reading);
    if (base && !bases.some((search) => finds(search, base)))
      report.add([...where, 'base'], 'lies outside every search base: what is created there could not be found again');
    const when =
      place.when === undefined ? undefined : report.attempt([...where, 'when'], () => resolveFilter(parseFilter(place.when ?? ''), type));
    if (place.when === undefined && i < create.placement.length - 1)
      report.add(where, 'takes everything, so that what comes after it is never used: give it a `when`, or put it last');
    return base ? [{ when, base }] : [];
  });
  const rdn = compileRdn(create.rdn, [...at, 'rdn'], type, reading);
  const append =
    create.onRdnConflict && compileScimTemplate([...at, 'onRdnConflict', 'append'], create.onRdnConflict.append, type, reading);
  return (
    rdn && {
      objectClasses: create.objectClasses,
      rdn,
      placement,
      onRdnConflict: append && { append, tries: create.onRdnConflict?.tries ?? 3 },
    }
  );
}

/** Whether a search finds the children of an entry. */
function finds({ dn, scope }: SearchBase, parent: Dn): boolean {
  if (scope === 'base') return false;
  return scope === 'sub' ? isUnder(parent, dn) : equalDn(parent, dn);
}

/** `uid={userName}`, `cn={displayName}+serialNumber={enterprise:employeeNumber}`: the templates' braces protect `+` and `=`. */
function compileRdn(text: string, at: Path, type: ResourceType, reading: Reading): RdnTemplate | undefined {
  const parts = text.match(/(?:\{(?:'[^']*'|[^}'])*\}|[^+{])+/g) ?? [''];
  const compiled = parts.map((part) => {
    const [, attribute = '', value = ''] = /^\s*([A-Za-z][A-Za-z0-9-]*)\s*=(.*)$/s.exec(part) ?? [];
    if (attribute === '' || value.trim() === '') {
      reading.report.add(at, 'must be attribute=template, such as uid={userName}');
      return undefined;
    }
    const template = compileScimTemplate(at, value.trim(), type, reading);
    return template && { attribute, value: template };
  });
  return compiled.every((part) => part !== undefined) ? compiled : undefined;
}
