// One connection for a whole cycle of polling: everything is asked of one server as one account, or the cycle fails.
// RFC 4511; RFC 4532 (who am I). A cycle on a connection that is not proven bound is worth nothing: the anonymous may just find nothing.
import { Batched } from './batched.ts';
import type { Connection } from './connection.ts';
import type { Capabilities, SearchRequest } from './directory.ts';
import { formatDn, type Dn } from './dn.ts';
import type { Entry } from './entry.ts';
import { DirectoryError, resultCodes } from './error.ts';
import { present, type Filter } from './filter.ts';
import type { Control } from './message.ts';
import type { Response } from './response.ts';
import { expectBase, readOne, searchPages, searchParameters, searchUnpaged, type SearchOptions } from './search.ts';

export interface Session {
  /** URL of the server as configured. */
  readonly url: string;
  readonly capabilities: Capabilities;
  /**
   * As `Directory.search`, on this connection. While one is read in pages no other may begin, nor a `converse`: servers keep one paged search
   * for a connection. `read` and `rootDse` are free.
   */
  search(request: SearchRequest & { readonly controls?: readonly Control[] }): AsyncIterable<Entry>;
  /** As `Directory.read`, on this connection. */
  read(dn: Dn, attributes: readonly string[], filter?: Filter): Promise<Entry | undefined>;
  /** The root DSE, with these attributes. */
  rootDse(attributes: readonly string[]): Promise<Entry>;
  /**
   * One search request, unpaged, with every response as it comes: entries with their controls, intermediate messages, references, and the
   * result at the end, whatever its code.
   */
  converse(request: SearchRequest, controls: readonly Control[]): AsyncIterable<Response>;
}

export interface SessionOptions {
  readonly capabilities: Capabilities;
  readonly baseDn: Dn;
  /** Entries on a page of RFC 2696. */
  readonly pageSize: number;
}

const whoAmIOid = '1.3.6.1.4.1.4203.1.11.3';
const anyEntry = present('objectClass');
/** What tells one server, or its configuration, from another: of Active Directory, of 389 Directory Server, of any. */
const serverAttributes = ['dsServiceName', 'dnsHostName', 'netscapemdsuffix', 'vendorName', 'vendorVersion', 'namingContexts'];
const idAttributes = ['entryUUID', 'objectGUID', 'nsUniqueId'];

/**
 * Runs `task` on a connection of its own, between two proofs that it is bound and that the server is the same.
 * @throws DirectoryError when a proof fails: what the task found is lost then; and whatever the task throws
 */
export async function holdSession<T>(connection: Connection, options: SessionOptions, task: (session: Session) => Promise<T>): Promise<T> {
  const session = new ConnectionSession(connection, options);
  const before = await proveBound(connection, session, options);
  const found = await task(session);
  const after = await proveBound(connection, session, options);
  if (after !== before) throw new DirectoryError('unavailable', `${connection.url} is not the same any more, or this account is not`);
  return found;
}

class ConnectionSession implements Session {
  readonly url: string;
  readonly capabilities: Capabilities;
  readonly #connection: Connection;
  readonly #pageSize: number;
  #isPaging = false;

  constructor(connection: Connection, { capabilities, pageSize }: SessionOptions) {
    this.url = connection.url;
    this.capabilities = capabilities;
    this.#connection = connection;
    this.#pageSize = pageSize;
  }

  search(request: SearchRequest & { readonly controls?: readonly Control[] }): AsyncIterable<Entry> {
    return new Batched(this.#searchWhole(request));
  }

  async *#searchWhole(
    request: SearchRequest & { readonly controls?: readonly Control[] },
  ): AsyncGenerator<readonly Entry[], void, undefined> {
    const { base, scope, limit = Infinity, signal, controls } = request;
    if (limit <= 0) return;
    const options = { ...(signal && { signal }), ...(controls && { controls }) };
    let isEmpty = true;
    for await (const entries of this.#searchByNeed(request, limit, options)) {
      if (entries.length > 0) isEmpty = false;
      yield entries;
    }
    if (isEmpty && scope !== 'base') await expectBase(this.capabilities.vendor, base, () => this.read(base, []));
  }

  read(dn: Dn, attributes: readonly string[], filter: Filter = anyEntry): Promise<Entry | undefined> {
    return readOne(this.#connection, searchParameters({ base: dn, scope: 'base', filter, attributes }, noTimeLimit));
  }

  async rootDse(attributes: readonly string[]): Promise<Entry> {
    const root = await this.read({ rdns: [] }, attributes);
    if (root === undefined) throw new DirectoryError('unavailable', `${this.url} has no root DSE`);
    return root;
  }

  converse(request: SearchRequest, controls: readonly Control[]): AsyncIterable<Response> {
    this.#refuseWhilePaging();
    const { signal } = request;
    const parameters = { ...searchParameters(request, noTimeLimit), sizeLimit: request.limit ?? 0 };
    return new Batched(this.#connection.search(parameters, { controls, ...(signal && { signal }) }));
  }

  async *#searchByNeed(request: SearchRequest, limit: number, options: SearchOptions): AsyncGenerator<readonly Entry[], void, undefined> {
    const parameters = searchParameters(request, noTimeLimit);
    if (request.scope === 'base') {
      const entry = await readOne(this.#connection, parameters, options);
      if (entry !== undefined) yield [entry];
      return;
    }
    this.#refuseWhilePaging();
    if (!this.capabilities.paging) return yield* searchUnpaged(this.#connection, parameters, limit, options);
    this.#isPaging = true;
    try {
      yield* searchPages(this.#connection, parameters, this.#pageSize, limit, options);
    } finally {
      this.#isPaging = false;
    }
  }

  #refuseWhilePaging(): void {
    if (this.#isPaging) throw new Error('a session reads the pages of one search at a time');
  }
}

/** A search of a cycle may take its time; what counts is that the server is not silent for longer than any operation may take. */
const noTimeLimit = 0;

/**
 * Who this connection speaks for and which server answers, as one text.
 * @throws DirectoryError when it speaks for nobody, or when the base cannot be seen and nothing else proves that it speaks for someone
 */
async function proveBound(connection: Connection, session: Session, { baseDn, capabilities }: SessionOptions): Promise<string> {
  const root = await session.rootDse([...serverAttributes, 'supportedExtension']);
  const account = root.texts('supportedExtension').includes(whoAmIOid) ? await askWhoAmI(connection) : undefined;
  const readBase = (): Promise<Entry | undefined> => session.read(baseDn, idAttributes);
  const base = await readBase();
  if (base === undefined && account === undefined) {
    const details = { resultCode: resultCodes.noSuchObject };
    throw new DirectoryError('unavailable', `${formatDn(baseDn)} cannot be read: is this connection still bound?`, details);
  }
  if (base === undefined) await expectBase(capabilities.vendor, baseDn, readBase);
  const server = serverAttributes.map((name) => root.texts(name).toSorted());
  return JSON.stringify([account, server, base && [base.dn, ...idAttributes.flatMap((name) => base.octets(name).map(toHex))]]);
}

/** The authorization identity; undefined where the server does not tell. @throws DirectoryError when it is that of the anonymous */
async function askWhoAmI(connection: Connection): Promise<string | undefined> {
  const { resultCode, value } = await connection.request({ operation: 'extended', oid: whoAmIOid });
  if (resultCode !== resultCodes.success) return undefined;
  const account = value?.toString('utf8') ?? '';
  if (/^(?:dn:\s*|u:\s*)?$/i.test(account))
    throw new DirectoryError('credentials', `${connection.url} takes this connection for an anonymous one`);
  return account;
}

const toHex = (octets: Buffer): string => octets.toString('hex');
