// The caller: who it is, what it may do, how it bends the protocol. A required argument of every use case.
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
  /** The resource behind `/Me`; undefined: there is none. */
  readonly me?: Subject;
  /** What a PATCH is answered when nothing is asked for; `full` where absent. */
  readonly patchResponse?: 'full' | 'noContent';
  /** Attributes that this caller may not change. */
  readonly fixed?: readonly string[];
}
