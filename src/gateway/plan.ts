// What a request will do to the directory, as data. Execute, explain, dry run and audit all consume the same plan.
// L-013 (one modification), L-043 (rename first, undone if the rest fails), L-062 (passwords), L-064 (compensation).
import { childOf, type Dn, formatDn, parentOf, type Rdn } from '../ldap/dn.ts';
import type { Change, Entry } from '../ldap/entry.ts';
import type { Filter, Value } from '../ldap/filter.ts';
import type { PasswordMapping } from '../mapping/mapping.ts';
import type { NewEntry, Update } from '../mapping/write.ts';

export type Step =
  | { readonly kind: 'add'; readonly dn: Dn; readonly attributes: ReadonlyMap<string, readonly Value[]> }
  | { readonly kind: 'modify'; readonly dn: Dn; readonly changes: readonly Change[]; readonly assertion?: Filter }
  | { readonly kind: 'rename'; readonly dn: Dn; readonly rdn: Rdn; readonly superior?: Dn; readonly assertion?: Filter }
  | { readonly kind: 'delete'; readonly dn: Dn; readonly assertion?: Filter }
  | { readonly kind: 'setPassword'; readonly dn: Dn; readonly password: string }
  | { readonly kind: 'relink'; readonly link: Link; readonly from: Dn; readonly to: Dn | undefined };

/** A value of another entry that names the entry in question: a group's member, a manager. */
export interface Link {
  /** The entry that holds it. */
  readonly dn: Dn;
  readonly attribute: string;
  /** Keeps the holder legal when its last value goes. */
  readonly placeholder: Dn | undefined;
}

/** Steps in order; when one fails, the steps that `undo` those before it run backwards. */
export interface Plan {
  readonly steps: readonly { readonly step: Step; readonly undo?: Step }[];
  /** DN of the entry afterwards; undefined when it is gone. */
  readonly result: Dn | undefined;
}

export const nothingToDo = (dn: Dn): Plan => ({ steps: [], result: dn });

/** How the password of a new or changed entry is written: with the entry, or by an operation of its own. */
type Strategy = PasswordMapping['strategy'] | undefined;

/** [MS-ADTS] 3.1.1.3.1.5.1: the quoted password in UTF-16LE. */
const unicodePwd = (password: string): Buffer => Buffer.from(`"${password}"`, 'utf16le');

const passwordChange = (strategy: Strategy, password: string | undefined): Change | undefined => {
  if (password === undefined) return undefined;
  if (strategy === 'unicodePwd') return { operation: 'replace', attribute: 'unicodePwd', values: [unicodePwd(password)] };
  return strategy === 'userPassword' ? { operation: 'replace', attribute: 'userPassword', values: [password] } : undefined;
};

export function planCreate(entry: NewEntry, rdn: Rdn, password: string | undefined, strategy: Strategy): Plan {
  const dn = childOf(rdn, entry.base);
  const written = passwordChange(strategy, password);
  const attributes = written ? new Map([...entry.attributes, [written.attribute, written.values] as const]) : entry.attributes;
  const add: Step = { kind: 'add', dn, attributes };
  if (password === undefined || written) return { steps: [{ step: add }], result: dn };
  return { steps: [{ step: add, undo: { kind: 'delete', dn } }, { step: { kind: 'setPassword', dn, password } }], result: dn };
}

export interface UpdateFacts {
  readonly entry: Entry;
  readonly dn: Dn;
  /** Makes the first step conditional (RFC 4528). */
  readonly assertion?: Filter | undefined;
  /** Values elsewhere that follow the name of the entry, where the server does not see to it (L-046, L-060). */
  readonly links: readonly Link[];
  /** Where the entry goes, when it does not stay. */
  readonly superior?: Dn | undefined;
}

export function planUpdate(
  { entry, dn, assertion, links, superior }: UpdateFacts,
  update: Update,
  password: string | undefined,
  strategy: Strategy,
): Plan {
  const written = passwordChange(strategy, password);
  const changes = written ? [...update.changes, written] : update.changes;
  const condition = assertion ? { assertion } : {};
  const rdn = update.rename ?? (superior && dn.rdns[0]);
  const renamed = rdn ? childOf(rdn, superior ?? parentOf(dn)) : dn;
  const steps: { step: Step; undo?: Step }[] = [];
  if (rdn)
    steps.push({
      step: { kind: 'rename', dn, rdn, ...(superior && { superior }), ...condition },
      undo: { kind: 'rename', dn: renamed, rdn: dn.rdns[0] ?? [], ...(superior && { superior: parentOf(dn) }) },
    });
  for (const link of rdn ? links : []) {
    steps.push({ step: { kind: 'relink', link, from: dn, to: renamed }, undo: { kind: 'relink', link, from: renamed, to: dn } });
  }
  if (changes.length > 0) {
    steps.push({
      step: { kind: 'modify', dn: renamed, changes, ...(rdn ? {} : condition) },
      undo: { kind: 'modify', dn: renamed, changes: restore(entry, changes) },
    });
  }
  if (password !== undefined && !written) steps.push({ step: { kind: 'setPassword', dn: renamed, password } });
  return { steps, result: renamed };
}

/** The modification that brings back the values that the entry had. */
function restore(entry: Entry, changes: readonly Change[]): readonly Change[] {
  return [...new Set(changes.map((change) => change.attribute))].map((attribute) => ({
    operation: 'replace',
    attribute,
    values: entry.octets(attribute),
  }));
}

/** The entry goes first: a value that names it is harmless without it, but a member less cannot be given back if it stays. */
export function planDelete({ dn, assertion, links }: Omit<UpdateFacts, 'entry'>): Plan {
  const remove: Step = { kind: 'delete', dn, ...(assertion && { assertion }) };
  const unlink = links.map((link): { step: Step } => ({ step: { kind: 'relink', link, from: dn, to: undefined } }));
  return { steps: [{ step: remove }, ...unlink], result: undefined };
}

/** A delete that can be taken back: marked and disabled, then nobody's member any more, then moved out of the way (servers move links along). */
export function planQuarantine({ entry, dn, assertion, links, superior }: UpdateFacts, changes: readonly Change[]): Plan {
  const [rdn = []] = dn.rdns;
  const mark: Step = { kind: 'modify', dn, changes, ...(assertion && { assertion }) };
  const unlink = links.map((link): { step: Step; undo: Step } => ({
    step: { kind: 'relink', link, from: dn, to: undefined },
    undo: { kind: 'modify', dn: link.dn, changes: [{ operation: 'add', attribute: link.attribute, values: [formatDn(dn)] }] },
  }));
  const move: { step: Step }[] = superior ? [{ step: { kind: 'rename', dn, rdn, superior } }] : [];
  return { steps: [{ step: mark, undo: { kind: 'modify', dn, changes: restore(entry, changes) } }, ...unlink, ...move], result: undefined };
}

/** Member values to add and remove, and what becomes of the placeholder, in one modification (L-053). */
export interface MemberChanges {
  readonly attribute: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

export function planMembers(dn: Dn, { attribute, add, remove }: MemberChanges, assertion?: Filter): Plan {
  const changes: readonly Change[] = [
    ...(remove.length > 0 ? [{ operation: 'delete' as const, attribute, values: remove }] : []),
    ...(add.length > 0 ? [{ operation: 'add' as const, attribute, values: add }] : []),
  ];
  return { steps: changes.length > 0 ? [{ step: { kind: 'modify', dn, changes, ...(assertion && { assertion }) } }] : [], result: dn };
}
