// From what a server says has changed to what has to change in the rows: everything is read again, in scope, on the same connection.
// No RFC; whether an entry is in scope is asked of the server, and only the server.
import { searchScope } from '../gateway/backend.ts';
import { referenceKey } from '../gateway/references.ts';
import { Batched, batchesOf } from '../ldap/batched.ts';
import type { Changes, EntryId } from '../ldap/changes/change-source.ts';
import { absoluteTrue, equal, type Filter, or, present } from '../ldap/filter.ts';
import { type Dn, tryParseDn } from '../ldap/dn.ts';
import type { Session } from '../ldap/session.ts';
import { Entry } from '../ldap/entry.ts';
import { idFilter } from '../mapping/filter.ts';
import { readId } from '../mapping/read.ts';
import { occupiedBy, referredBy } from '../state/links.ts';
import type { ReferenceChange, Replica, RowChanges } from './replica.ts';
import type { Row, RowReader, RowType } from './row.ts';
import { compareAll, type Comparison } from './sweep.ts';

/** Ids in one search. */
const idBatch = 100;
/** Names in one search for who refers to them. */
const nameBatch = 50;
/** Containers that are looked below one by one; for more, all ids are compared. */
const fewContainers = 5;

/** Where rows are read: a session, or the shared connections for single entries after a write. */
export type Source = Pick<Session, 'search' | 'capabilities'>;

/** Ids by resource type. */
export type Ids = ReadonlyMap<string, ReadonlySet<string>>;

export class Gatherer {
  readonly #reader: RowReader;
  readonly #replica: Replica;
  readonly #base: Dn;

  constructor(reader: RowReader, replica: Replica, base: Dn) {
    this.#reader = reader;
    this.#replica = replica;
    this.#base = base;
  }

  /** What the changes that a server reports come to. */
  async follow(session: Session, changes: Changes): Promise<RowChanges> {
    const ids = this.#idsOf(changes.changed.map(({ entry }) => entry));
    for (const [type, deleted] of this.#idsOfDeleted(changes.deleted)) for (const id of deleted) ids.get(type)?.add(id);
    if (changes.present) {
      const present = this.#idsOfDeleted(changes.present);
      for (const { name } of this.#reader.types)
        for (const { id } of this.#replica.store.ids(name)) if (present.get(name)?.has(id) !== true) ids.get(name)?.add(id);
    }
    for (const { suspects } of await this.#lookBelow(session, changes))
      for (const [type, found] of suspects) for (const id of found) ids.get(type)?.add(id);
    return this.readAgain(session, ids);
  }

  /** The rows of these ids as they are now; those without an entry are gone. */
  async readAgain(source: Source, ids: Ids): Promise<RowChanges> {
    const puts: Row[] = [];
    const gone: { type: string; id: string }[] = [];
    for (const type of this.#reader.types) {
      const wanted = [...(ids.get(type.name) ?? [])];
      const found = new Set<string>();
      for (let i = 0; i < wanted.length; i += idBatch) {
        const filter = or(wanted.slice(i, i + idBatch).flatMap((id) => idFilter(type.resource, id) ?? []));
        for await (const row of this.readRows(source, type, filter)) {
          found.add(row.id);
          puts.push(row);
        }
      }
      for (const id of wanted) if (!found.has(id) && this.#replica.store.find(type.name, id)) gone.push({ type: type.name, id });
    }
    return { puts, gone, references: await this.#findHolders(source, puts) };
  }

  /** Ids of the entries of these names, as far as there are any, in scope or not. */
  async idsAt(source: Source, dns: readonly string[]): Promise<Ids> {
    const attributes = this.#reader.types.map(({ resource }) => resource.id.ldap);
    const entries: Entry[] = [];
    for (const dn of dns) {
      const base = tryParseDn(dn);
      const found = base && source.search({ base, scope: 'base', filter: present('objectClass'), attributes });
      if (found) for await (const entry of found) entries.push(entry);
    }
    return this.#idsOf(entries);
  }

  readRows(source: Source, type: RowType, filter: Filter = absoluteTrue): AsyncIterable<Row> {
    return new Batched(this.#readBatches(source, type, filter));
  }

  async *#readBatches(source: Source, type: RowType, filter: Filter): AsyncIterable<readonly Row[]> {
    const searched = { directory: { search: source.search.bind(source), capabilities: () => source.capabilities } };
    const found = searchScope(searched, type.resource, filter, type.attributes);
    for await (const entries of batchesOf(found)) yield entries.flatMap((entry) => this.#reader.read(type, entry) ?? []);
  }

  /**
   * Who refers to entries that are new, renamed or moved. A server that follows a name in the entries that hold it does not say that those
   * have changed (Active Directory never, OpenLDAP not with refint).
   */
  async #findHolders(source: Source, puts: readonly Row[]): Promise<readonly ReferenceChange[]> {
    const named = puts.filter((row) => !this.#replica.isNamed(row));
    const fresh = new Map(puts.map((row) => [`${row.type}\0${row.id}`, row]));
    const changes: ReferenceChange[] = [];
    for (const type of this.#reader.types) {
      for (const [field, { ldap, to }] of type.fields.entries()) {
        if (ldap === undefined) continue;
        const targets = named.filter((row) => to.includes(row.type));
        for (let i = 0; i < targets.length; i += nameBatch) {
          const batch = targets.slice(i, i + nameBatch);
          const anyone = await this.#holders(source, type, ldap, batch);
          // Most new entries have nobody who refers to them.
          if (anyone.size === 0 && batch.every(({ keys }) => this.#replica.store.knownNumber(keys[0] ?? '') === undefined)) continue;
          for (const target of batch) {
            const key = target.keys[0] ?? '';
            const holders = anyone.size === 0 ? anyone : await this.#holders(source, type, ldap, [target]);
            const believed = this.#believed(type.name, field, key);
            const differing = [...holders].filter((id) => !believed.has(id)).map((id) => ({ id, present: true }));
            const former = [...believed].filter((id) => !holders.has(id)).map((id) => ({ id, present: false }));
            for (const { id, present } of [...differing, ...former])
              if (!fresh.has(`${type.name}\0${id}`)) changes.push({ type: type.name, id, field, key, present });
          }
        }
      }
    }
    return changes;
  }

  async #holders(source: Source, { resource }: RowType, ldap: string, targets: readonly Row[]): Promise<ReadonlySet<string>> {
    const searched = { directory: { search: source.search.bind(source), capabilities: () => source.capabilities } };
    const ids = new Set<string>();
    for await (const entry of searchScope(searched, resource, or(targets.map(({ dn }) => equal(ldap, dn))), [resource.id.ldap])) {
      const id = readId(resource, entry);
      if (id !== undefined) ids.add(id);
    }
    return ids;
  }

  /** Ids of the rows that refer to a name in a field. */
  #believed(type: string, field: number, key: string): ReadonlySet<string> {
    const number = this.#replica.store.knownNumber(key);
    const ids = new Set<string>();
    if (number === undefined) return ids;
    for (const { slot, links } of this.#replica.store.referring(type))
      if (referredBy(links, field).includes(number)) {
        const id = this.#replica.store.read(type, slot)?.id;
        if (id !== undefined) ids.add(id);
      }
    return ids;
  }

  /** A container that changed may have another name, which is then part of the name of all that is below it. */
  async #lookBelow(session: Session, { changed }: Changes): Promise<readonly Comparison[]> {
    const containers = changed.flatMap(({ entry, container }) =>
      container && !this.#hasItsName(entry) ? (tryParseDn(entry.dn) ?? []) : [],
    );
    // 389 Directory Server may give entries below a renamed container under their old names, which a search below the new one misses.
    const { vendor } = session.capabilities;
    const isDoubtful = containers.length > 0 && (vendor === '389ds' || vendor === 'freeipa');
    if (containers.length > fewContainers || isDoubtful) return [await compareAll(session, this.#reader, this.#replica, this.#base)];
    const found: Comparison[] = [];
    for (const container of containers) found.push(await compareAll(session, this.#reader, this.#replica, container));
    return found;
  }

  /** Whether it is a row under the name that it had before: then nothing below it has another one. */
  #hasItsName(entry: Entry): boolean {
    const number = this.#replica.store.knownNumber(referenceKey(entry.dn) ?? entry.dn);
    return this.#reader.types.some(({ name, resource }) => {
      const id = readId(resource, entry);
      const row = id === undefined ? undefined : this.#replica.store.find(name, id);
      return row !== undefined && occupiedBy(row.links)[0] === number;
    });
  }

  /** Of an entry that is reported nobody knows yet what it is: its id is tried as that of each type. */
  #idsOf(entries: readonly Entry[]): Map<string, Set<string>> {
    return new Map(
      this.#reader.types.map(({ name, resource }) => [name, new Set(entries.flatMap((entry) => readId(resource, entry) ?? []))]),
    );
  }

  #idsOfDeleted(ids: readonly EntryId[]): Map<string, Set<string>> {
    return this.#idsOf(ids.map(({ attribute, octets }) => new Entry('', [[attribute, [octets]]])));
  }
}
