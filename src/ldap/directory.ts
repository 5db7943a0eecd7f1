// The one way into a directory: search, read, add, modify, move, delete over safe connections.
// RFC 4511; controls of RFC 2696 (paging), 4527 (post-read), 4528 (assertion); RFC 3062 (password modify).
import { Batched } from './batched.ts';
import { connect } from './connection.ts';
import { assertion, controlOids, plainControl, postRead, readPolicyError, readPostRead } from './controls.ts';
import { formatDn, formatRdn, type Dn, type Rdn } from './dn.ts';
import type { Change, Entry } from './entry.ts';
import { DirectoryError, isLoss, nameOfResult, resultCodes } from './error.ts';
import type { Filter, Value } from './filter.ts';
import { encode, type Control, type Request } from './message.ts';
import { probeHealth, probeServer, type Probe } from './probe.ts';
import type { DirectorySchema } from './schema.ts';
import type { Result } from './response.ts';
import { expectBase, readOne, searchFew, searchPages, searchParameters, searchUnpaged } from './search.ts';
import { type Intervals, Servers } from './servers.ts';
import { holdSession, type Session } from './session.ts';

export { DirectoryError } from './error.ts';

export type Scope = 'base' | 'one' | 'sub';

export interface SearchRequest {
  readonly base: Dn;
  readonly scope: Scope;
  readonly filter: Filter;
  /** Attributes to read; empty reads none ("1.1"). */
  readonly attributes: readonly string[];
  /** Stop quietly after that many entries; without it every entry is delivered or an error is thrown, never a silent part. */
  readonly limit?: number;
  /** Ends the search early; what was sent is abandoned. */
  readonly signal?: AbortSignal;
}

export interface WriteOptions {
  /** RFC 4528; only where `capabilities.assertion`. A false assertion is DirectoryError with resultCode 122. */
  readonly assertion?: Filter;
  /** RFC 4527 post-read of these attributes; ignored where `capabilities.postRead` is false (then the answer is undefined). */
  readonly postRead?: readonly string[];
}

/** What this server can really do: advertised in the root DSE and confirmed by a live self-test where one is possible (L-067, L-068). */
export interface Capabilities {
  readonly vendor: 'openldap' | 'active-directory' | 'samba-ad' | '389ds' | 'freeipa' | 'generic';
  readonly vendorVersion: string | undefined;
  readonly namingContexts: readonly string[];
  readonly paging: boolean;
  readonly assertion: boolean;
  readonly postRead: boolean;
  readonly passwordModify: boolean;
  readonly permissiveModify: boolean;
  readonly matchedValues: boolean;
  readonly treeDelete: boolean;
  /** `(entryDN=…)` finds entries by DN (RFC 5020), or `distinguishedName` on Active Directory; undefined: neither. */
  readonly dnAttribute: 'entryDN' | 'distinguishedName' | undefined;
  /** The connection is TLS, StartTLS, ldapi or loopback: passwords may travel. */
  readonly secured: boolean;
  readonly schema: DirectorySchema;
}

export interface DirectoryStatus {
  readonly ready: boolean;
  /** Why it is not. */
  readonly reason?: string;
  /** The URL of the server that is used. */
  readonly server?: string;
  /** Epoch milliseconds: since when that server, or none, is used. */
  readonly since?: number;
}

/**
 * Operations throw DirectoryError: its `kind` says whether the server answered, its `outcomeUnknown` whether a write may have been done
 * all the same.
 */
export interface Directory {
  /** Connects, probes once, and keeps trying in the background while the directory is away. Never throws for a directory that is down. */
  start(): Promise<void>;
  /** Unbinds and stops trying. */
  close(): Promise<void>;
  /** Ready means: bound, probed, and the last operation or health probe found it so. The reason is for the log and the operator. */
  status(): DirectoryStatus;
  /** @throws DirectoryError kind `unavailable` before the first successful probe */
  capabilities(): Capabilities;

  /** Streams entries page by page; any failure, size limit or cut throws, so that a complete iteration is a complete answer. Referrals are skipped. */
  search(request: SearchRequest): AsyncIterable<Entry>;
  /** One entry by DN, or undefined when there is none (or none that matches the filter). */
  read(dn: Dn, attributes: readonly string[], filter?: Filter): Promise<Entry | undefined>;
  /** RFC 4511 section 4.7. Of this and other writes the answer is the entry afterwards, where `postRead` asked for it and the server gives it. */
  add(dn: Dn, attributes: ReadonlyMap<string, readonly Value[]>, options?: WriteOptions): Promise<Entry | undefined>;
  /** RFC 4511 section 4.6: all changes in order, or none. */
  modify(dn: Dn, changes: readonly Change[], options?: WriteOptions): Promise<Entry | undefined>;
  /** RFC 4511 section 4.9; `superior` moves. `deleteOldRdn` is true unless told otherwise. */
  move(dn: Dn, rdn: Rdn, options?: WriteOptions & { readonly superior?: Dn; readonly deleteOldRdn?: boolean }): Promise<Entry | undefined>;
  /** RFC 4511 section 4.8: a leaf. */
  delete(dn: Dn, options?: WriteOptions): Promise<void>;
  /** RFC 3062, over protected connections only; never an empty one, in place of which the server would make one up. */
  setPassword(dn: Dn, password: string): Promise<void>;
  /**
   * Runs `task` on a connection of its own to the server in use, which must be bound as the same account to the same server before and after:
   * otherwise this throws DirectoryError, and what the task found is lost.
   */
  session<T>(task: (session: Session) => Promise<T>): Promise<T>;
}

export interface DirectoryOptions {
  /** In order of preference: ldap://, ldaps:// or ldapi:// URLs. */
  readonly servers: readonly string[];
  readonly bind: { readonly dn: string; readonly password: string };
  readonly baseDn: Dn;
  readonly tls?: {
    readonly startTls?: boolean;
    /** PEM texts. */
    readonly ca?: readonly string[];
    readonly cert?: string;
    readonly key?: string;
    /** Name to verify the certificate against, when it is not the URL's host. */
    readonly serverName?: string;
  };
  /** Milliseconds. */
  readonly timeouts: { readonly connect: number; readonly operation: number };
  /** Multiplexed connections for requests, 2 where absent. */
  readonly connections?: number;
  /** Entries on a page of RFC 2696, 500 where absent. */
  readonly pageSize?: number;
  /** Of health checks and of attempts to connect, where not the usual ones. */
  readonly intervals?: Partial<Intervals>;
}

/** Nothing is connected before `start`. */
export function openDirectory(options: DirectoryOptions): Directory {
  return new LdapDirectory(options);
}

const defaultConnections = 2;
const defaultPageSize = 500;
/** Entries up to which a search is answered by one request without pages: most searches find one entry or a few. */
const smallSearch = 200;
const passwordModifyOid = '1.3.6.1.4.1.4203.1.11.1';
const anyEntry: Filter = { kind: 'present', attribute: 'objectClass' };

class LdapDirectory implements Directory {
  readonly #servers: Servers<Probe>;
  readonly #baseDn: Dn;
  readonly #pageSize: number;
  /** Seconds that the server may take for a search. */
  readonly #timeLimit: number;

  constructor(options: DirectoryOptions) {
    const { servers, bind, baseDn, tls, timeouts } = options;
    this.#baseDn = baseDn;
    this.#pageSize = options.pageSize ?? defaultPageSize;
    this.#timeLimit = Math.ceil(timeouts.operation / 1000);
    this.#servers = new Servers({
      urls: servers,
      connect: (url) => connect({ url, bind, timeouts, ...(tls === undefined ? {} : { tls }) }),
      qualify: (connection) => probeServer(connection, baseDn),
      probe: probeHealth,
      connections: options.connections ?? defaultConnections,
      patience: timeouts.connect,
      ...(options.intervals && { intervals: options.intervals }),
    });
  }

  start(): Promise<void> {
    return this.#servers.start();
  }

  close(): Promise<void> {
    return this.#servers.close();
  }

  status(): DirectoryStatus {
    const { url, since } = this.#servers;
    return { ...this.#servers.status(), ...(url !== undefined && { server: url }), since };
  }

  capabilities(): Capabilities {
    return this.#probe().capabilities;
  }

  search(request: SearchRequest): AsyncIterable<Entry> {
    return new Batched(this.#searchWhole(request));
  }

  async *#searchWhole(request: SearchRequest): AsyncGenerator<readonly Entry[], void, undefined> {
    let isEmpty = true;
    for await (const entries of this.#searchAgainIfLost(request)) {
      if (entries.length > 0) isEmpty = false;
      yield entries;
    }
    const { base, scope, limit } = request;
    if (isEmpty && scope !== 'base' && limit !== 0) await expectBase(this.capabilities().vendor, base, () => this.read(base, []));
  }

  read(dn: Dn, attributes: readonly string[], filter: Filter = anyEntry): Promise<Entry | undefined> {
    const search = searchParameters({ base: dn, scope: 'base', filter, attributes }, this.#timeLimit);
    return this.#servers.read((connection) => readOne(connection, search));
  }

  add(dn: Dn, attributes: ReadonlyMap<string, readonly Value[]>, options?: WriteOptions): Promise<Entry | undefined> {
    return this.#write({ operation: 'add', dn: formatDn(dn), attributes }, options);
  }

  modify(dn: Dn, changes: readonly Change[], options?: WriteOptions): Promise<Entry | undefined> {
    return this.#write({ operation: 'modify', dn: formatDn(dn), changes }, options);
  }

  move(
    dn: Dn,
    rdn: Rdn,
    options: WriteOptions & { readonly superior?: Dn; readonly deleteOldRdn?: boolean } = {},
  ): Promise<Entry | undefined> {
    const { superior, deleteOldRdn = true } = options;
    const newSuperior = superior === undefined ? {} : { newSuperior: formatDn(superior) };
    return this.#write({ operation: 'modifyDn', dn: formatDn(dn), newRdn: formatRdn(rdn), deleteOldRdn, ...newSuperior }, options);
  }

  async delete(dn: Dn, options?: WriteOptions): Promise<void> {
    await this.#write({ operation: 'delete', dn: formatDn(dn) }, options);
  }

  async setPassword(dn: Dn, password: string): Promise<void> {
    if (password === '') throw refuse(resultCodes.constraintViolation, 'an empty password would let the server make one up');
    const value = encode((writer) => {
      writer.startSequence();
      writer.writeString(formatDn(dn), 0x80);
      writer.writeString(password, 0x82);
      writer.endSequence();
    });
    await this.#servers.write(async (connection) => {
      if (!connection.secured) throw refuse(resultCodes.confidentialityRequired, 'passwords travel over protected connections only');
      accept(
        'setPassword',
        await connection.request({ operation: 'extended', oid: passwordModifyOid, value }, { controls: this.#policyControl() }),
      );
    });
  }

  async session<T>(task: (session: Session) => Promise<T>): Promise<T> {
    const { connection, knowledge } = await this.#servers.connect();
    try {
      const { capabilities } = knowledge;
      return await holdSession(connection, { capabilities, baseDn: this.#baseDn, pageSize: this.#pageSize }, task);
    } finally {
      connection.close();
    }
  }

  #probe(): Probe {
    const probe = this.#servers.knowledge;
    if (probe === undefined) throw new DirectoryError('unavailable', this.#servers.status().reason ?? 'the directory was never reached');
    return probe;
  }

  /** A search that lost its connection before it delivered anything is sent once more. */
  async *#searchAgainIfLost(request: SearchRequest): AsyncGenerator<readonly Entry[], void, undefined> {
    let delivered = false;
    try {
      for await (const entries of this.#searchByNeed(request)) {
        delivered = true;
        yield entries;
      }
      return;
    } catch (error) {
      if (delivered || !isLoss(error)) throw error;
    }
    yield* this.#searchByNeed(request);
  }

  /** One request where the answer is small, pages where it is not. */
  async *#searchByNeed(request: SearchRequest): AsyncGenerator<readonly Entry[], void, undefined> {
    const search = searchParameters(request, this.#timeLimit);
    const limit = request.limit ?? Infinity;
    const options = request.signal === undefined ? {} : { signal: request.signal };
    if (limit <= 0) return;
    if (request.scope === 'base') {
      const entry = await this.#servers.once((connection) => readOne(connection, search, options));
      if (entry !== undefined) yield [entry];
      return;
    }
    const loan = await this.#servers.borrow();
    try {
      if (!this.#probe().capabilities.paging) return yield* searchUnpaged(loan.connection, search, limit, options);
      const few = await searchFew(loan.connection, search, Math.min(smallSearch, this.#pageSize, limit), limit, options);
      if (few !== undefined) return yield few;
    } finally {
      loan.release();
    }
    const paging = await this.#servers.borrowForPages();
    try {
      yield* searchPages(paging.connection, search, this.#pageSize, limit, options);
    } finally {
      paging.release();
    }
  }

  async #write(
    request: Request & { readonly operation: 'add' | 'modify' | 'modifyDn' | 'delete' },
    options: WriteOptions = {},
  ): Promise<Entry | undefined> {
    return this.#servers.write(async (connection) => {
      const { capabilities } = this.#probe();
      const controls = [...this.#policyControl()];
      if (options.assertion !== undefined) controls.push(assertion(options.assertion));
      if (options.postRead !== undefined && capabilities.postRead && request.operation !== 'delete')
        controls.push(postRead(options.postRead));
      const result = await connection.request(request, { controls });
      accept(request.operation, result);
      return readPostRead(result.controls);
    });
  }

  /** Asks for the reason when a password is refused. */
  #policyControl(): readonly Control[] {
    return this.#probe().controls.has(controlOids.passwordPolicy) ? [plainControl('passwordPolicy', false)] : [];
  }
}

function accept(operation: string, { resultCode, diagnostic, controls }: Result): void {
  if (resultCode === resultCodes.success) return;
  const policyError = readPolicyError(controls);
  const details = { resultCode, diagnostic, ...(policyError === undefined ? {} : { policyError }) };
  throw new DirectoryError('result', `${operation}: ${nameOfResult(resultCode)}`, details);
}

/** The answer that a server would give, without asking it. */
function refuse(resultCode: number, reason: string): DirectoryError {
  return new DirectoryError('result', `${reason}: ${nameOfResult(resultCode)}`, { resultCode });
}
