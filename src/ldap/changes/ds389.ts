// What 389 Directory Server counts, and which server and which start of it does: its numbers are its own.
// No RFC; the root DSE of 389 Directory Server (plugins USN and Retro Changelog).
import { isUnder, tryParseDn, type Dn } from '../dn.ts';
import type { Entry } from '../entry.ts';
import type { Session } from '../session.ts';

export interface Counters {
  /** The server's own name and port. */
  readonly server: string;
  /** Another one after each start: a server that was restored has been started. */
  readonly start: string;
  /** The USN that was given out last, -1 for none; undefined without the plugin. */
  readonly usn: number | undefined;
  readonly changelog: Dn | undefined;
  /** Numbers of the oldest and of the latest record of the changelog, 0 where there is none. */
  readonly first: number;
  readonly last: number;
}

const attributes = 'netscapemdsuffix dataversion nsBackendSuffix lastusn changelog firstchangenumber lastchangenumber'.split(' ');

/** `base`: of whose database the USN is. */
export async function readCounters(session: Session, base: Dn): Promise<Counters> {
  const root = await session.rootDse(attributes);
  return {
    server: root.texts('netscapemdsuffix')[0] ?? session.url,
    start: root.texts('dataversion').join(' '),
    usn: findUsn(root, base),
    changelog: root.texts('changelog').map(tryParseDn)[0],
    first: Number(root.texts('firstchangenumber')[0] ?? 0),
    last: Number(root.texts('lastchangenumber')[0] ?? 0),
  };
}

/** `lastusn` where one counter serves all databases (nsslapd-entryusn-global), else `lastusn;` and the name of the database. */
function findUsn(root: Entry, base: Dn): number | undefined {
  const databases = root.texts('nsBackendSuffix').flatMap((text) => {
    const [, name = '', suffix = ''] = /^([^:]*):(.*)$/s.exec(text) ?? [];
    const dn = tryParseDn(suffix);
    return dn !== undefined && isUnder(base, dn) ? [{ name, depth: dn.rdns.length }] : [];
  });
  const [nearest] = databases.toSorted((one, other) => other.depth - one.depth);
  const [text] = [...root.texts('lastusn'), ...(nearest === undefined ? [] : root.texts(`lastusn;${nearest.name}`))];
  return text === undefined ? undefined : Number(text);
}
