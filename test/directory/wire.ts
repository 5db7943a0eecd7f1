// What the gateway said to the directory: the LDAP requests that went through a proxy, decoded.
// Test set-up only; RFC 4511.
import type { Filter } from '../../src/ldap/filter.ts';
import { PduFramer } from '../../src/ldap/framer.ts';
import { type Operation, readRequest, type SearchOperation } from '../../src/demo/request.ts';
import type { Proxy } from '../servers/proxy.ts';

export class Wire {
  readonly #proxy: Proxy;

  constructor(proxy: Proxy) {
    this.#proxy = proxy;
  }

  /** The operations that `work` brought about; nothing else may be going on. */
  async during(work: () => Promise<unknown>): Promise<readonly Operation[]> {
    const from = this.#proxy.sent().length;
    await work();
    return this.since(from);
  }

  mark(): number {
    return this.#proxy.sent().length;
  }

  since(mark: number): readonly Operation[] {
    return new PduFramer().push(Buffer.from(this.#proxy.sent().subarray(mark))).map((pdu) => readRequest(pdu).operation);
  }
}

/** An extended operation is one that sets a password, unless it asks who the account is (RFC 4532). */
export const writesAmong = (operations: readonly Operation[]): readonly Operation[] =>
  operations.filter(
    (operation) =>
      ['add', 'modify', 'modifyDn', 'delete'].includes(operation.kind) || (operation.kind === 'extended' && operation.oid !== whoAmIOid),
  );

const whoAmIOid = '1.3.6.1.4.1.4203.1.11.3';

export const searchesAmong = (operations: readonly Operation[]): readonly SearchOperation[] =>
  operations.filter((operation) => operation.kind === 'search');

/** The attributes that a filter asks about. */
export function attributesOf(filter: Filter): readonly string[] {
  if ('filters' in filter) return filter.filters.flatMap(attributesOf);
  if ('filter' in filter) return attributesOf(filter.filter);
  return filter.attribute === undefined ? [] : [filter.attribute];
}
