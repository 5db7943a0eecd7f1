// A dialogue with one directory server in terms of the protocol: what was asked, and what came back in a form that two servers can share.
// Test set-up only.
import { connect, type Connection } from '../../src/ldap/connection.ts';
import type { Change, Entry } from '../../src/ldap/entry.ts';
import { parseFilter, type Filter, type Value } from '../../src/ldap/filter.ts';
import type { Control, Request } from '../../src/ldap/message.ts';
import type { Result } from '../../src/ldap/response.ts';

export interface Target {
  readonly url: string;
  readonly adminDn: string;
  readonly adminPassword: string;
  /** PEM text of the authority to trust, for `ldaps:`. */
  readonly ca?: string | undefined;
}

export interface Answer {
  readonly code: number;
  readonly matchedDn: string;
  readonly entries: readonly string[];
}

export interface SearchWish {
  readonly scope?: 'base' | 'one' | 'sub';
  readonly filter?: string | Filter;
  readonly attributes?: readonly string[];
  readonly sizeLimit?: number;
  readonly controls?: readonly Control[];
}

export class Dialogue {
  readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  static async open(
    { url, adminDn, adminPassword, ca }: Target,
    bind?: { readonly dn: string; readonly password: string },
  ): Promise<Dialogue> {
    const account = bind ?? { dn: adminDn, password: adminPassword };
    const tls = ca === undefined ? {} : { tls: { ca: [ca] } };
    return new Dialogue(await connect({ url, bind: account, ...tls, timeouts: { connect: 5000, operation: 5000 } }));
  }

  request(request: Request, controls: readonly Control[] = []): Promise<Result> {
    return this.connection.request(request, { controls });
  }

  async do(request: Request, controls: readonly Control[] = []): Promise<Answer> {
    const { resultCode, matchedDn } = await this.request(request, controls);
    return { code: resultCode, matchedDn, entries: [] };
  }

  add(dn: string, attributes: Readonly<Record<string, readonly Value[]>>, controls: readonly Control[] = []): Promise<Answer> {
    return this.do({ operation: 'add', dn, attributes: new Map(Object.entries(attributes)) }, controls);
  }

  modify(dn: string, changes: readonly Change[], controls: readonly Control[] = []): Promise<Answer> {
    return this.do({ operation: 'modify', dn, changes }, controls);
  }

  async read(
    base: string,
    { scope = 'sub', filter = '(objectClass=*)', attributes = [], sizeLimit = 0, controls = [] }: SearchWish = {},
  ): Promise<{
    readonly entries: readonly Entry[];
    readonly result: Result;
  }> {
    const entries: Entry[] = [];
    const parsed = typeof filter === 'string' ? parseFilter(filter) : filter;
    for await (const batch of this.connection.search({ base, scope, filter: parsed, attributes, sizeLimit, timeLimit: 0 }, { controls })) {
      for (const response of batch) {
        if (response.kind === 'entry') entries.push(response.entry);
        else if (response.kind === 'result') return { entries, result: response.result };
      }
    }
    throw new Error('a search without a result');
  }

  async search(base: string, wish: SearchWish = {}): Promise<Answer> {
    const { entries, result } = await this.read(base, wish);
    return { code: result.resultCode, matchedDn: result.matchedDn, entries: entries.map(describeEntry).toSorted() };
  }

  close(): void {
    this.connection.destroy();
  }
}

/** DN and attributes with their values in order of the values: servers need not keep any other order. */
function describeEntry(entry: Entry): string {
  const attributes = [...entry.names()].toSorted().map((name) => `${name}: ${[...entry.texts(name)].toSorted().join(' | ')}`);
  return [entry.dn, ...attributes].join('\n');
}
