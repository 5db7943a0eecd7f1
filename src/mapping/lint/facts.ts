// What was seen in the live directory, as plain data: the survey of `check` gathers it, the linter judges it.
// No RFC.
import type { Path } from '../report.ts';

export interface Facts {
  readonly server: ServerFacts;
  /** By the name of the resource type. */
  readonly resources: ReadonlyMap<string, ResourceFacts>;
  /** Search bases and placement bases of the mapping that the bind account does not see. */
  readonly missing: readonly { readonly path: Path; readonly dn: string }[];
  /** The hidden member of empty groups, where an entry with that name exists. */
  readonly placeholders: readonly {
    readonly path: Path;
    readonly dn: string;
    readonly objectClasses: readonly string[];
    readonly hasPassword: boolean;
  }[];
}

export interface ServerFacts {
  readonly vendor: 'openldap' | 'active-directory' | 'samba-ad' | '389ds' | 'freeipa' | 'generic';
  readonly paging: boolean;
  readonly passwordModify: boolean;
  readonly secured: boolean;
  /** TLS or a local socket: loopback alone is enough for the gateway, and not for every server. */
  readonly encrypted: boolean;
  /** What its own configuration says, where the bind account may read it. */
  readonly configuration?: ServerConfiguration;
}

export interface ServerConfiguration {
  /** Lower-cased attribute names to kinds of index: eq, sub, pres. */
  readonly indexes: ReadonlyMap<string, ReadonlySet<string>>;
  /** slapd's overlays on this database; undefined for other servers. */
  readonly overlays?: {
    readonly memberOf: boolean;
    readonly refint: boolean;
    /** DNs of olcRefintNothing. */
    readonly refintNothing: readonly string[];
    /** Lower-cased names of attributes that the unique overlay guards. */
    readonly unique: readonly string[];
    /** slapo-ppolicy hashes passwords that come in clear. */
    readonly hashesPasswords: boolean;
  };
}

export interface ResourceFacts {
  /** Entries in scope that were read. */
  readonly entries: number;
  /** False: there are more, the survey stopped at its bound. */
  readonly complete: boolean;
  /** Entries below the bases whatever the filter says; only counted where none is in scope. */
  readonly around: number | undefined;
  /** The server ended the search: sizeLimitExceeded (4), adminLimitExceeded (11) or timeLimitExceeded (3). */
  readonly cut: number | undefined;
  readonly withoutId: number;
  /** Lower-cased attribute names to the number of entries that showed a value. */
  readonly present: ReadonlyMap<string, number>;
  /** By `useKey`. */
  readonly values: ReadonlyMap<string, ValueFacts>;
  /** Lower-cased names of attributes that are mapped as unique, to values that several entries have. */
  readonly duplicates: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly rights?: RightsFacts;
  /** Lower-cased names of the attributes that one entry may have, where the server tells (allowedAttributes of Active Directory). */
  readonly allowed?: ReadonlySet<string>;
  /** Milliseconds of an equality search for a value that no entry has, over all bases; only measured where there are many entries. */
  readonly lookups?: ReadonlyMap<string, number>;
}

export interface ValueFacts {
  /** Entries that have more than one value. */
  readonly several: number;
  /** Values that the codec cannot decode, with the number of entries that have them. */
  readonly foreign: ReadonlyMap<string, number>;
}

/** What the bind account may do with one entry of the type, as the server says. */
export interface RightsFacts {
  /** How it is known, e.g. `allowedAttributesEffective`. */
  readonly source: string;
  /** Lower-cased names of the attributes that were asked about. */
  readonly asked: ReadonlySet<string>;
  readonly unwritable: ReadonlySet<string>;
  readonly unreadable: ReadonlySet<string>;
  /** Undefined: not known. */
  readonly mayCreate?: boolean;
  readonly mayDelete?: boolean;
}
