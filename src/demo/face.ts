// What makes the directory look like one product: its schema, ids, time stamps, result codes and limits. OpenLDAP is the one there is.
// Another product is another object of this kind; the tree and its operations stay as they are.
import type { Attributes } from './attribute.ts';
import type { MistakeCodes } from './result.ts';
import type { Schema } from './schema.ts';
import type { ComputedAttributes } from './node.ts';

/** One change as the directory records it. */
export interface Stamp {
  /** GeneralizedTime in whole seconds. */
  readonly time: string;
  readonly csn: string;
  readonly authorDn: string;
}

export interface Creation extends Stamp {
  readonly uuid: string;
  readonly structuralClass: string;
}

export type NamedValue = readonly [attribute: string, value: string];

export interface Face {
  readonly schema: Schema;
  readonly codes: MistakeCodes;
  /** Attributes whose equality filters are answered from an index. */
  readonly indexed: readonly string[];
  /** The attribute whose value is the entry's own name. */
  readonly nameAttribute: string;
  /** Entries per search for everyone but the administrator. */
  readonly sizeLimit: number;
  readonly subschemaDn: string;
  rootDse(suffix: string): Attributes;
  subschema(): Attributes;
  /** `latestCsn`: of the whole directory. */
  computed(latestCsn: () => string): ComputedAttributes;
  stampCreation(creation: Creation): readonly NamedValue[];
  stampChange(stamp: Stamp): readonly NamedValue[];
}
