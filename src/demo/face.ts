// What makes the directory look like one product: its schema, its controls and its operations.
// Another product is another object of this kind; the tree below and the connections above stay as they are.
import type { Attributes } from './attribute.ts';
import type { ChangeClock } from './change-clock.ts';
import type { ControlSupport, Controls } from './control.ts';
import type { Directory } from './directory.ts';
import type { ComputedAttributes, Node } from './node.ts';
import type { Control, Operation, SearchOperation } from './request.ts';
import type { EntryContent, Reference, Result } from './response.ts';
import type { Schema } from './schema.ts';
import type { Identity, Session } from './session.ts';

/** An entry that is in no tree; the root DSE has an empty DN. */
export interface UnlistedEntry {
  readonly dn: string;
  readonly attributes: Attributes;
  readonly computed?: ComputedAttributes;
}

/** What computed attributes are computed from besides their entry. */
export interface Surroundings {
  readonly clock: ChangeClock;
  /** The entries with that value of an indexed attribute. */
  readonly find: (attribute: string, key: string) => ReadonlySet<Node> | undefined;
}

type Of<K extends Operation['kind']> = Operation & { readonly kind: K };
/** @returns the response controls. @throws OperationError */
type Write<K extends Operation['kind']> = (operation: Of<K>, controls: Controls, session: Session, directory: Directory) => Control[];

export interface Operations {
  readonly bind: (operation: Of<'bind'>, session: Session, directory: Directory) => Identity;
  /** @returns compareTrue or compareFalse */
  readonly compare: (operation: Of<'compare'>, controls: Controls, session: Session, directory: Directory) => number;
  /** Yields what is found; returns the response controls. @throws OperationError, also after entries: a limit is reached */
  readonly search: (
    operation: SearchOperation,
    controls: Controls,
    session: Session,
    directory: Directory,
  ) => Generator<EntryContent | Reference, Control[]>;
  readonly add: Write<'add'>;
  readonly modify: Write<'modify'>;
  readonly delete: Write<'delete'>;
  readonly modifyDn: Write<'modifyDn'>;
  readonly extended: (operation: Of<'extended'>, session: Session, directory: Directory) => Result;
}

export interface Face {
  readonly schema: Schema;
  readonly controls: ControlSupport;
  readonly operations: Operations;
  /** Attributes whose equality filters are answered from an index. */
  readonly indexed: readonly string[];
  /** The attribute whose value is the entry's own name. */
  readonly nameAttribute: string;
  unlisted(suffix: string, clock: ChangeClock): readonly UnlistedEntry[];
  computed(surroundings: Surroundings): ComputedAttributes;
}
