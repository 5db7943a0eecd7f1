// Where the entries of a resource type are, which of them count, what identifies them, and where new ones go.
import { type Dn, formatDn, isUnder, parseDn } from '../../ldap/dn.ts';
import type { ResourceDefinition } from '../../mapping/definition.ts';
import { countUse, type Findings } from './findings.ts';
import type { Population } from './survey.ts';
import { line, type Line } from './yaml-text.ts';

const mostBases = 5;

/** Their containers, or what is above all of them when those are many. */
export function proposeBases(
  findings: Findings,
  { search }: ResourceDefinition,
  population: Population,
  at: readonly string[],
): readonly Line[] {
  if (findings.isUniform) return [];
  const containers = population.containers.map(({ dn }) => dn);
  const tops = containers.filter((dn) => !containers.some((other) => other.rdns.length < dn.rdns.length && isUnder(dn, other)));
  const bases = (tops.length > mostBases ? [commonAncestor(tops)] : tops).map((dn) => ({ dn: shorten(dn, findings.baseDn), scope: 'sub' }));
  const same = bases.length === search.bases.length && bases.every(({ dn }) => search.bases.some((base) => isSameText(base.dn, dn)));
  return same ? [] : [line([...at, 'search', 'bases'], bases, `where all ${population.total} are`)];
}

/** The most populated container. */
export function proposePlacement(
  findings: Findings,
  { create, search }: ResourceDefinition,
  { containers }: Population,
  at: readonly string[],
): readonly Line[] {
  const [most] = containers;
  if (!create || !most) return [];
  const base = shorten(most.dn, findings.baseDn);
  const [usual, ...others] = create.placement;
  if (others.length === 0 && isSameText(usual?.base ?? '', base)) return [];
  const whole = (text: string): Dn => parseDn(text.replaceAll('{baseDn}', formatDn(findings.baseDn)));
  if (findings.isUniform && !search.bases.some(({ dn, scope }) => scope === 'sub' && isUnder(most.dn, whole(dn)))) return [];
  return [line([...at, 'create', 'placement'], [{ base }], 'where new ones go; with `when: <SCIM filter>` there can be several')];
}

export function proposeId({ id }: ResourceDefinition, population: Population, at: readonly string[]): readonly Line[] {
  const everybodyHas = (ldap: string): boolean => countUse(population, ldap) === population.sampled;
  const other = ['entryUUID', 'ipaUniqueID', 'nsUniqueId'].find(everybodyHas);
  return everybodyHas(id.ldap) || other === undefined ? [] : [line([...at, 'id', 'ldap'], other, `nobody or not everybody has ${id.ldap}`)];
}

/** With `{baseDn}` in place of the base. */
function shorten(dn: Dn, base: Dn): string {
  const own = { rdns: dn.rdns.slice(0, dn.rdns.length - base.rdns.length) };
  return own.rdns.length === 0 ? '{baseDn}' : `${formatDn(own)},{baseDn}`;
}

function commonAncestor(dns: readonly Dn[]): Dn {
  return dns.reduce((common, dn) => {
    let { rdns } = common;
    while (!isUnder(dn, { rdns })) rdns = rdns.slice(1);
    return { rdns };
  });
}

const isSameText = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
