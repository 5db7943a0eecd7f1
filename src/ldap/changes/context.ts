// The tree that is asked for changes: the whole naming context where it can be read, so that who moves out of the base is seen to move.
// RFC 4512 section 5.1 (namingContexts); draft-ietf-boreham-numsubordinates and X.501 (hasSubordinates).
import { isUnder, tryParseDn, type Dn } from '../dn.ts';
import type { Entry } from '../entry.ts';
import type { Session } from '../session.ts';
import type { Watched } from './change-source.ts';

export interface Context {
  /** Where the search for changes begins. */
  readonly base: Dn;
  /** What identifies the data: the id of the entry at the base. */
  readonly id: string;
}

/** What tells whether there are entries below an entry. */
const containerAttributes = ['objectClass', 'hasSubordinates', 'numSubordinates'];
const leafClasses = new Set(['person', 'account', 'posixaccount', 'group', 'groupofnames', 'groupofuniquenames', 'posixgroup']);

/** The nearest naming context that holds the base; the base itself where the server names none, or it cannot be read. */
export async function findContext(session: Session, watched: Watched): Promise<Context> {
  const contexts = session.capabilities.namingContexts.flatMap((text) => tryParseDn(text) ?? []).filter((dn) => isUnder(watched.base, dn));
  const [nearest] = contexts.toSorted((a, b) => b.rdns.length - a.rdns.length);
  const top = nearest === undefined ? undefined : await session.read(nearest, watched.idAttributes);
  const base = nearest === undefined || top === undefined ? watched.base : nearest;
  return { base, id: idOf(top ?? (await session.read(base, watched.idAttributes)), watched) };
}

/** Whether the data are those that a cookie was made of. */
export async function isSameTree(session: Session, { base }: Context, watched: Watched, contextId: string): Promise<boolean> {
  return idOf(await session.read(base, watched.idAttributes), watched) === contextId;
}

function idOf(entry: Entry | undefined, { idAttributes }: Watched): string {
  return idAttributes
    .flatMap((name) => entry?.octets(name) ?? [])
    .map((octets) => octets.toString('hex'))
    .join(' ');
}

/** What is read of a changed entry besides its id and stamp. */
export function attributesOfChange(watched: Watched, stamp: string | undefined): readonly string[] {
  return [...new Set([...watched.idAttributes, ...(stamp === undefined ? [] : [stamp]), ...containerAttributes])];
}

/** Whether entries may be below this one: as the server says, or else any that is neither a person nor a group. */
export function isContainer(entry: Entry): boolean {
  const [has] = entry.texts('hasSubordinates');
  const [number] = entry.texts('numSubordinates');
  if (has !== undefined || number !== undefined) return has?.toUpperCase() === 'TRUE' || Number(number ?? 0) > 0;
  return !entry.texts('objectClass').some((name) => leafClasses.has(name.toLowerCase()));
}
