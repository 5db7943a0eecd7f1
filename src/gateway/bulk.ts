// Bulk requests: each operation by itself through the use cases, in an order in which what an operation refers to exists already.
// RFC 7644 section 3.7. Not a transaction: what succeeded stays when another operation fails.
import { type BulkCall, type BulkRequest, type BulkResult, parseBulkRequest } from '../scim/bulk.ts';
import { patchMessage, postponeReferences, referencesIn, resolveReferences, textsIn } from '../scim/bulk.ts';
import { invalidValue, notFound, ScimError } from '../scim/error.ts';
import type { ResourceType } from '../scim/schema.ts';
import type { Client, ClientOperation } from './client.ts';
import type { Answer, Gateway } from './gateway.ts';

/** Published in the ServiceProviderConfig; `maxPayloadSize` is counted in octets while the request streams in. */
export const bulkLimits = { maxOperations: 1000, maxPayloadSize: 1024 * 1024 };

/** Nothing is shown of what was written, so nothing needs to be read for it. */
const silent = { attributes: [] };

/** The results in the order of the request, without the operations that were not tried. @throws ScimError for what is no bulk request */
export async function executeBulk(gateway: Gateway, client: Client, body: unknown): Promise<readonly BulkResult[]> {
  return new BulkRun(gateway, client, parseBulkRequest(body, client.dialect, bulkLimits.maxOperations)).finish();
}

/** A resource that operations refer to: it does not exist yet, or has an id, or never will exist. */
interface Created {
  readonly index: number;
  readonly id?: string;
  readonly failed?: true;
}

/** A resource of a circle: it exists, and the references to others are still to be added. */
interface Unlinked {
  readonly index: number;
  readonly type: ResourceType;
  readonly answer: Answer;
  /** A PATCH that adds the references. */
  readonly patch: BulkCall;
  /** Operations that create what they name. */
  readonly blockers: Set<number>;
}

class BulkRun {
  readonly #gateway: Gateway;
  readonly #client: Client;
  readonly #request: BulkRequest;
  readonly #results: (BulkResult | undefined)[] = [];
  /** By bulkId. */
  readonly #created = new Map<string, Created>();
  /** Indexes of operations that cannot run yet, in order, each with those of the operations that must be over before. */
  readonly #waiting = new Map<number, Set<number>>();
  /** Texts in waiting operations: what they name, they may depend on. */
  readonly #named = new Map<string, readonly number[]>();
  readonly #unlinked = new Set<Unlinked>();
  /** bulkIds that an operation which succeeded refers to. */
  readonly #used = new Set<string>();
  #errors = 0;

  constructor(gateway: Gateway, client: Client, request: BulkRequest) {
    this.#gateway = gateway;
    this.#client = client;
    this.#request = request;
    for (const [index, { method, bulkId, call }] of request.operations.entries()) {
      if (method?.toUpperCase() !== 'POST' || bulkId === undefined) continue;
      this.#created.set(bulkId, { index, ...(call instanceof ScimError && { failed: true }) });
    }
  }

  async finish(): Promise<readonly BulkResult[]> {
    for (const [index, { call }] of this.#request.operations.entries()) {
      if (this.#isOver()) break;
      const blockers = this.#findBlockers(call);
      if (blockers.size > 0) this.#wait(index, call, blockers);
      else await this.#run(index);
      await this.#release();
    }
    while (this.#waiting.size > 0 && !this.#isOver()) {
      await this.#run(this.#findInCircle(), true);
      await this.#release();
    }
    for (const unlinked of this.#unlinked) await this.#abandon(unlinked, dependencyFailed());
    return this.#results.filter((result) => result !== undefined);
  }

  #isOver(): boolean {
    const { failOnErrors } = this.#request;
    return failOnErrors !== undefined && this.#errors >= failOnErrors;
  }

  #callOf(index: number): BulkCall | ScimError {
    return this.#request.operations[index]?.call ?? notFound();
  }

  /**
   * Operations that must be over before: those that create what this one refers to, and waiting ones that name the resource which it
   * changes, for the state in the end must be that of the given order.
   */
  #findBlockers(call: BulkCall | ScimError): Set<number> {
    if (call instanceof ScimError) return new Set();
    const creators = [...referencesIn(call)].flatMap((bulkId) => this.#pending(bulkId)?.index ?? []);
    return new Set([...creators, ...(call.id === undefined ? [] : (this.#named.get(call.id) ?? []))]);
  }

  #pending(bulkId: string): Created | undefined {
    const created = this.#created.get(bulkId);
    return created?.id === undefined && !created?.failed ? created : undefined;
  }

  #wait(index: number, call: BulkCall | ScimError, blockers: Set<number>): void {
    this.#waiting.set(index, blockers);
    for (const text of textsIn(call)) this.#named.set(text, [...(this.#named.get(text) ?? []), index]);
  }

  /** Runs what waits no longer, in the order of the request, until nothing is left to run. */
  async #release(): Promise<void> {
    for (;;) {
      const linkable = [...this.#unlinked].find(({ blockers }) => blockers.size === 0);
      const [ready] = [...this.#waiting].find(([, blockers]) => blockers.size === 0) ?? [];
      if (linkable) await this.#link(linkable);
      else if (ready !== undefined && !this.#isOver()) await this.#run(ready);
      else return;
    }
  }

  /** Everything that waits in the end waits for a circle of creations: one follows the blockers until one of them comes again. */
  #findInCircle(): number {
    const seen = new Set<number>();
    let [index = 0] = this.#waiting.keys();
    while (!seen.has(index)) {
      seen.add(index);
      [index = index] = this.#waiting.get(index) ?? [];
    }
    return index;
  }

  /** @param early without the references to what does not exist yet, which follow */
  async #run(index: number, early = false): Promise<void> {
    const call = this.#callOf(index);
    if (this.#waiting.delete(index)) for (const text of textsIn(call)) this.#forget(text, index);
    try {
      if (call instanceof ScimError) throw call;
      await (early ? this.#createEarly(index, call) : this.#execute(index, this.#resolve(call)));
    } catch (error) {
      this.#fail(index, error);
    }
    for (const blockers of [...this.#waiting.values(), ...[...this.#unlinked].map((each) => each.blockers)]) blockers.delete(index);
  }

  #forget(text: string, index: number): void {
    const others = this.#named.get(text)?.filter((other) => other !== index) ?? [];
    if (others.length > 0) this.#named.set(text, others);
    else this.#named.delete(text);
  }

  /** @throws ScimError for a reference to what is not created by this request, or could not be */
  #resolve(call: BulkCall): BulkCall {
    for (const bulkId of referencesIn(call)) {
      const created = this.#created.get(bulkId);
      if (!created) throw invalidValue('A bulkId is referred to that no POST of the request has');
      if (created.failed) throw dependencyFailed();
    }
    return resolveReferences(call, (bulkId) => this.#created.get(bulkId)?.id);
  }

  async #execute(index: number, call: BulkCall): Promise<void> {
    const { endpoint, method, id = '', version, data } = call;
    const type = this.#typeAt(endpoint);
    const conditions = version === undefined ? {} : { ifMatch: version === '*' ? ('*' as const) : [version] };
    const [gateway, client] = [this.#gateway, this.#client];
    switch (method) {
      case 'POST': {
        const answer = await gateway.create(client, type, data, silent);
        this.#note(index, answer);
        return this.#succeed(index, 201, answer);
      }
      case 'PUT':
        return this.#succeed(index, 200, await gateway.replace(client, type, id, data, silent, conditions));
      case 'PATCH':
        return this.#succeed(index, 200, await gateway.patch(client, type, id, data, silent, conditions));
      case 'DELETE':
        await gateway.delete(client, type, id, conditions);
        return this.#succeed(index, 204, { location: this.#locationOf(call) });
    }
  }

  async #createEarly(index: number, call: BulkCall): Promise<void> {
    const type = this.#typeAt(call.endpoint);
    const pending = new Map(
      [...referencesIn(call)].flatMap((bulkId) => {
        const created = this.#pending(bulkId);
        return created ? [[bulkId, created.index]] : [];
      }),
    );
    const { now, later } = postponeReferences(call.data ?? {}, (bulkId) => pending.has(bulkId));
    const answer = await this.#gateway.create(this.#client, type, this.#resolve({ ...call, data: now }).data, silent);
    const id = this.#note(index, answer);
    const patch: BulkCall = { ...call, method: 'PATCH', id, version: undefined, data: patchMessage(later) };
    this.#unlinked.add({ index, type, answer, patch, blockers: new Set(pending.values()) });
  }

  async #link(unlinked: Unlinked): Promise<void> {
    this.#unlinked.delete(unlinked);
    const { index, type, answer, patch } = unlinked;
    try {
      const { id = '', data } = this.#resolve(patch);
      const linked = await this.#gateway.patch(this.#permitted('update'), type, id, data, silent, {});
      this.#succeed(index, 201, { ...answer, version: linked.version });
    } catch (error) {
      await this.#abandon(unlinked, error);
    }
  }

  /** What cannot be completed is taken back, unless others refer to it by now. */
  async #abandon({ index, type, answer, patch }: Unlinked, error: unknown): Promise<void> {
    const { bulkId = '' } = this.#request.operations[index] ?? {};
    const removed = !this.#used.has(bulkId) && (await this.#remove(type, patch.id ?? ''));
    if (removed) this.#created.set(bulkId, { index, failed: true });
    this.#fail(index, error, removed ? undefined : answer.location);
  }

  async #remove(type: ResourceType, id: string): Promise<boolean> {
    try {
      await this.#gateway.delete(this.#permitted('delete'), type, id, {});
      return true;
    } catch {
      return false;
    }
  }

  /** To complete its own creation, or to take it back, a client need not be allowed more than to create. */
  #permitted(operation: ClientOperation): Client {
    return { ...this.#client, operations: [...this.#client.operations, operation] };
  }

  #typeAt(endpoint: string): ResourceType {
    const type = this.#gateway.resourceTypes(this.#client).find((candidate) => candidate.endpoint === endpoint);
    if (!type) throw notFound('There is nothing at this path');
    return type;
  }

  #note(index: number, { resource }: Answer): string {
    const { bulkId = '' } = this.#request.operations[index] ?? {};
    const id = String(resource?.['id']);
    this.#created.set(bulkId, { index, id });
    return id;
  }

  #succeed(
    index: number,
    status: number,
    { location, version }: { readonly location: string | undefined; readonly version?: string | undefined },
  ): void {
    const { method, bulkId, call } = this.#request.operations[index] ?? {};
    this.#results[index] = { method, bulkId, location, version, status };
    for (const used of call && !(call instanceof ScimError) ? referencesIn(call) : []) this.#used.add(used);
  }

  #fail(index: number, error: unknown, location = this.#locationOf(this.#callOf(index))): void {
    const { method, bulkId = '' } = this.#request.operations[index] ?? {};
    if (this.#pending(bulkId)?.index === index) this.#created.set(bulkId, { index, failed: true });
    const scimError = error instanceof ScimError ? error : new ScimError(500, 'The gateway failed', { cause: error });
    this.#results[index] = { method, bulkId: bulkId || undefined, location, status: scimError.status, error: scimError };
    this.#errors += 1;
  }

  /** Of an existing resource; undefined where the path names none. */
  #locationOf(call: BulkCall | ScimError): string | undefined {
    if (call instanceof ScimError || call.id === undefined) return undefined;
    const { id = '', endpoint } = resolveReferences(call, (bulkId) => this.#created.get(bulkId)?.id);
    // No URL can name what is no Unicode text.
    if (!id.isWellFormed()) return undefined;
    return `${this.#gateway.baseUrl}${endpoint}/${encodeURIComponent(id)}`;
  }
}

const dependencyFailed = (): ScimError => new ScimError(409, 'An operation that this one refers to failed, or was not tried');
