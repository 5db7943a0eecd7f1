// What the poller posts to the snapshot: rows that are new, changed or gone, packed so that they cross threads without being copied.
// No RFC. Slots and nodes are small numbers that the poller gives out, dense from 0, slots for each type;
// a slot is used again after its row was removed.

/** Lists of numbers, one list per row: that of row i ends before `ends[i]` and begins where the one before it ends. */
export interface Lists {
  readonly ends: Uint32Array;
  readonly items: Uint32Array;
}

/** Changes to the rows of one resource type; all of them are in force together. */
export interface Batch {
  /** Name of the resource type. */
  readonly type: string;
  /** Slots of the rows put: new ones, and those that replace what is in their slot. */
  readonly slots: Uint32Array;
  /** `id` of each row put. */
  readonly ids: readonly string[];
  /** What references to each row put show as `display`; empty for none. */
  readonly displays: readonly string[];
  /**
   * JSON of each row put, as UTF-8 and as `JSON.stringify` writes it (without blanks): the whole resource but for the attributes that are
   * made of references.
   */
  readonly bodies: { readonly ends: Uint32Array; readonly octets: Uint8Array };
  /** The nodes that each row put occupies: numbers that stand for its DN, and for its SID. */
  readonly occupies: Lists;
  /** For each reference field of the type (in the order of `SnapshotType.fields`), the nodes that each row put refers to. */
  readonly references: readonly Lists[];
  /** Slots whose rows are gone; rows that are put into such a slot by the same batch come after that. */
  readonly removed: Uint32Array;
}

/** Beyond any slot or node that is given out densely. */
const limit = 1 << 28;

/**
 * @param fields how many reference fields the type has
 * @throws Error where the parts of a batch do not fit together
 */
export function checkBatch(batch: Batch, fields: number): void {
  const rows = batch.slots.length;
  const lists = [batch.occupies, ...batch.references];
  const fits =
    batch.ids.length === rows &&
    batch.displays.length === rows &&
    batch.references.length === fields &&
    areEnds(batch.bodies.ends, rows, batch.bodies.octets.length) &&
    lists.every(({ ends, items }) => areEnds(ends, rows, items.length)) &&
    [batch.slots, batch.removed, ...lists.map(({ items }) => items)].every((numbers) => numbers.every((each) => each < limit));
  if (!fits) throw new Error(`the parts of a batch of ${batch.type} do not fit together`);
}

function areEnds(ends: Uint32Array, rows: number, length: number): boolean {
  return ends.length === rows && ends.every((end, at) => end >= (ends[at - 1] ?? 0) && end <= length);
}
