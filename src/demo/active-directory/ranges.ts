// Which attributes of an entry are sent, and how many values of each: what has too many comes in ranges.
// RFC 4511 section 4.5.1.8; MS-ADTS 3.1.1.3.1.3.3 (range retrieval of attribute values).
import type { Node } from '../node.ts';
import type { EntryContent } from '../response.ts';
import { OperationError, resultCode } from '../result.ts';
import { readSelection, selectContent, type Selection } from '../selection.ts';
import { mayRead } from './call.ts';
import { maxValRange } from './limits.ts';
import { adSchema } from './schema.ts';

interface Range {
  readonly from: number;
  /** Infinity: to the last. */
  readonly to: number;
}

export interface RangedSelection extends Selection {
  /** By attribute name in the schema's spelling. */
  readonly ranges: ReadonlyMap<string, Range>;
}

export function readRangedSelection(names: readonly string[], typesOnly: boolean): RangedSelection {
  const ranges = new Map<string, Range>();
  const plain = names.map((text) => {
    const [, name = '', from, to] = /^([^;]+);range=(\d{1,9})-(\d{1,9}|\*)$/i.exec(text) ?? [];
    const known = adSchema.attributeName(name);
    if (known === undefined) return text;
    ranges.set(known, { from: Number(from), to: to === '*' ? Infinity : Number(to) });
    return known;
  });
  return { ...readSelection(plain, adSchema), typesOnly, ranges };
}

/** @throws OperationError for a range that begins behind the last value */
export function selectRanges(node: Node, selection: RangedSelection): EntryContent {
  const { dn, attributes } = selectContent(node, selection, mayRead);
  return { dn, attributes: attributes.flatMap(([name, values]) => cut(name, values, selection.ranges.get(name))) };
}

function cut(name: string, values: readonly Buffer[], asked: Range | undefined): EntryContent['attributes'] {
  if (asked === undefined && values.length <= maxValRange) return [[name, values]];
  const { from, to } = asked ?? { from: 0, to: Infinity };
  if (from >= values.length && values.length > 0)
    throw new OperationError(resultCode.operationsError, '00002121: SvcErr: DSID-0C0DE306, problem 5012 (DIR_ERROR), data 0\n');
  const end = Math.min(from + maxValRange, to + 1);
  const some = values.slice(from, end);
  const ranged = [`${name};range=${from}-${end >= values.length ? '*' : end - 1}`, some] as const;
  return asked === undefined ? [[name, []], ranged] : [ranged];
}
