// Changes of Active Directory by the number that each domain controller gives to each change, deleted objects included where they can be read.
// MS-ADTS 3.1.1.1.9 (uSNChanged), 3.1.1.5.5 (deleted objects).
import type { Entry } from '../entry.ts';
import { DirectoryError } from '../error.ts';
import { greaterOrEqual } from '../filter.ts';
import type { Session } from '../session.ts';
import type { ChangeSource, Changes, EntryId, Watched } from './change-source.ts';
import { attributesOfChange, isContainer, type Context } from './context.ts';
import { readCookie, writeCookie } from './cookie.ts';
import { findDomain, noDomainController, readDomainController, type DomainController } from './domain-controller.ts';
import { canReadTombstones, findTombstones, idsOfDeleted, isDeleted, keepsId, type Tombstones } from './tombstones.ts';

const stamp = 'uSNChanged';

/** A text says, for the operator, why this does not work on this server, and what it would take. */
export async function usnChanges(session: Session, watched: Watched): Promise<ChangeSource | string> {
  const context = await findDomain(session, watched);
  if (typeof context === 'string') return `usn: ${context}`;
  return new UsnChanges(context, watched, await findTombstones(session, context));
}

class UsnChanges implements ChangeSource {
  readonly kind = 'usn';
  readonly tellsDeletions: boolean;
  readonly stamp = stamp;
  readonly #context: Context;
  readonly #watched: Watched;
  readonly #tombstones: Tombstones;

  constructor(context: Context, watched: Watched, tombstones: Tombstones) {
    this.#context = context;
    this.#watched = watched;
    this.#tombstones = tombstones;
    this.tellsDeletions = tombstones.areReadable && watched.idAttributes.every(keepsId);
  }

  async mark(session: Session): Promise<string> {
    const controller = await readDomainController(session);
    if (controller === undefined) throw new DirectoryError('unavailable', `${session.url}: ${noDomainController}`);
    return this.#write(session, controller);
  }

  async since(session: Session, text: string): Promise<Changes | undefined> {
    const cookie = readCookie(text, this.kind, this.#context.base);
    const controller = await readDomainController(session);
    if (cookie === undefined || controller === undefined || cookie.contextId !== this.#context.id) return undefined;
    const [host, invocationId, usn, time] = cookie.marks;
    if (host !== controller.host || invocationId !== controller.invocationId) return undefined;
    const [advanced, elapsed] = [controller.usn - Number(usn), controller.time - Number(time)];
    // What is no number is not within any limits.
    if (!(advanced >= 0) || !(elapsed <= this.#tombstones.lifetime)) return undefined;
    if (this.tellsDeletions && !(await canReadTombstones(session, this.#context, this.#tombstones.control))) return undefined;
    const next = this.#write(session, controller);
    if (advanced === 0) return { cookie: next, changed: [], deleted: [] };
    return { cookie: next, ...(await this.#readFrom(session, Number(usn) + 1)) };
  }

  /** Everything in the naming context, whatever it is: what left the scope is found only where nothing is left out. */
  async #readFrom(session: Session, usn: number): Promise<Pick<Changes, 'changed' | 'deleted'>> {
    const changed: { readonly entry: Entry; readonly container: boolean }[] = [];
    const deleted: EntryId[] = [];
    const attributes = [...attributesOfChange(this.#watched, stamp), 'isDeleted'];
    const { control } = this.#tombstones;
    const controls = control === undefined ? [] : [control];
    const filter = greaterOrEqual(stamp, String(usn));
    for await (const entry of session.search({ base: this.#context.base, scope: 'sub', filter, attributes, controls })) {
      if (isDeleted(entry)) deleted.push(...idsOfDeleted(entry, this.#watched.idAttributes));
      else changed.push({ entry, container: isContainer(entry) });
    }
    return { changed, deleted };
  }

  #write({ url }: Session, { host, invocationId, usn, time }: DomainController): string {
    const { base, id } = this.#context;
    return writeCookie({
      kind: this.kind,
      url,
      contextId: id,
      base,
      marks: [host, invocationId, String(usn), String(time)],
      witnesses: [],
    });
  }
}
