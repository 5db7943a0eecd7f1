// Comparing all ids: what is in scope of each resource type now, held against the rows.
// Finds what no change stamp tells of: deletions without a trace, entries below a container that moved, changes that were missed.
import { searchScope } from '../gateway/backend.ts';
import { referenceKey } from '../gateway/references.ts';
import { formatDn, isUnder, type Dn } from '../ldap/dn.ts';
import { absoluteTrue } from '../ldap/filter.ts';
import type { Session } from '../ldap/session.ts';
import type { SearchBase } from '../mapping/mapping.ts';
import { readId } from '../mapping/read.ts';
import { occupiedBy } from '../state/links.ts';
import type { Replica } from './replica.ts';
import type { RowReader, RowType } from './row.ts';

export interface Comparison {
  /** Ids of entries that are new, renamed, moved, or changed since the row was read. */
  readonly suspects: ReadonlyMap<string, ReadonlySet<string>>;
  /** Ids of rows without an entry. */
  readonly missing: ReadonlyMap<string, ReadonlySet<string>>;
}

/** @param below only entries below this one are looked at, and none is missing then */
export async function compareAll(session: Session, reader: RowReader, replica: Replica, below?: Dn): Promise<Comparison> {
  const suspects = new Map<string, Set<string>>();
  const missing = new Map<string, Set<string>>();
  for (const type of reader.types) {
    const { seen, changed } = await compareType(session, reader, replica, type, below);
    suspects.set(type.name, changed);
    if (below) continue;
    const gone = new Set<string>();
    for (const { slot, id } of replica.store.ids(type.name)) if (!seen.has(slot)) gone.add(id);
    missing.set(type.name, gone);
  }
  return { suspects, missing };
}

async function compareType(
  session: Session,
  reader: RowReader,
  replica: Replica,
  type: RowType,
  below: Dn | undefined,
): Promise<{ readonly seen: SlotSet; readonly changed: Set<string> }> {
  const { resource, name } = type;
  const seen = new SlotSet();
  const changed = new Set<string>();
  const narrowed = below ? narrow(resource, below) : resource;
  if (narrowed.scope.bases.length === 0) return { seen, changed };
  const source = { directory: { search: session.search.bind(session), capabilities: () => session.capabilities } };
  const attributes = [resource.id.ldap, ...(reader.stamp === undefined ? [] : [reader.stamp])];
  for await (const entry of searchScope(source, narrowed, absoluteTrue, attributes)) {
    const id = readId(resource, entry);
    if (id === undefined) continue;
    const row = replica.store.find(name, id);
    if (row) seen.add(row.slot);
    const isSame =
      row !== undefined &&
      row.stamp === reader.stampOf(entry) &&
      occupiedBy(row.links)[0] === replica.store.knownNumber(referenceKey(entry.dn) ?? entry.dn);
    if (!isSame) changed.add(id);
  }
  return { seen, changed };
}

/** The scope of a type, as far as it lies below an entry. */
function narrow<T extends RowType['resource']>(resource: T, below: Dn): T {
  const bases = resource.scope.bases.flatMap((base): SearchBase[] => {
    if (isUnder(base.dn, below) || formatDn(base.dn) === formatDn(below)) return [base];
    return base.scope === 'sub' && isUnder(below, base.dn) ? [{ dn: below, scope: 'sub' }] : [];
  });
  return { ...resource, scope: { ...resource.scope, bases } };
}

/** Dense numbers, a bit each. */
class SlotSet {
  #bits = new Uint8Array(1024);

  add(slot: number): void {
    const at = slot >> 3;
    if (at >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(at + 1, this.#bits.length * 2));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    this.#bits[at] = (this.#bits[at] ?? 0) | (1 << (slot & 7));
  }

  has(slot: number): boolean {
    return ((this.#bits[slot >> 3] ?? 0) & (1 << (slot & 7))) !== 0;
  }
}
