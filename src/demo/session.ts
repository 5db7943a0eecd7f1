// Who a connection speaks for, and over what: all that an operation knows of the client.
// RFC 4511 section 4.2, RFC 4513 section 3.
import type { Node } from './node.ts';

export interface Identity {
  readonly kind: 'anonymous' | 'user' | 'administrator';
  /** Empty for the anonymous. */
  readonly dn: string;
  readonly node?: Node;
}

export const anonymous: Identity = { kind: 'anonymous', dn: '' };

/** Where the paged search of a connection stands: the id of the last entry sent, and how many were sent. */
export interface Paging {
  lastId: number;
  count: number;
}

export interface Session {
  readonly identity: Identity;
  /** By TLS. */
  readonly secured: boolean;
  readonly paging: Paging;
}
