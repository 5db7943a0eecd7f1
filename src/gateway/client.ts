// The caller: who it is, what it may do, how it bends the protocol. A required argument of every use case.
import type { Mapping } from '../mapping/mapping.ts';
import type { Restriction } from '../mapping/restriction.ts';
import type { Subject } from '../mapping/subject.ts';
import type { Dialect } from '../scim/dialects.ts';

export type ClientOperation = 'read' | 'create' | 'update' | 'delete';

export interface Client {
  readonly name: string;
  readonly dialect: Dialect;
  /** Directory (by name) whose path this client may use. */
  readonly directory: string;
  readonly resources: readonly string[];
  readonly operations: readonly ClientOperation[];
  /** The mapping as this client sees it, where that is less than the whole: attributes left out, or read-only. */
  readonly view?: Mapping;
  /** The part of the directory that this client may reach, by id, query or reference; absent: all that the mapping finds. */
  readonly restriction?: Restriction;
  /** The resource behind `/Me`; undefined: there is none. */
  readonly me?: Subject;
  /** What a PATCH is answered when nothing is asked for; `full` where absent. */
  readonly patchResponse?: 'full' | 'noContent';
  /** Whether a PUT must say which version it replaces; `accept` where absent: it need not. */
  readonly unconditionalPut?: 'accept' | 'refuse';
  /** How many requests it may send in any minute; absent: as many as it likes. */
  readonly requestsPerMinute?: number;
  /** Attributes that this caller may not change. */
  readonly fixed?: readonly string[];
}
