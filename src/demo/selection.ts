// Which attributes of an entry are sent: names and their subtypes, `*`, `+`, `1.1`.
// RFC 4511 section 4.5.1.8, RFC 3673; also the selections of RFC 4527.
import type { Attribute } from './attribute.ts';
import type { MayRead } from './filter.ts';
import type { EntryContent } from './response.ts';
import type { AttributeDescription, AttributeType, Schema } from './schema.ts';
import type { Node } from './node.ts';

export interface Selection {
  readonly user: boolean;
  readonly operational: boolean;
  readonly types: ReadonlySet<AttributeType>;
  readonly tagged: readonly AttributeDescription[];
  /** Names without values. */
  readonly typesOnly?: boolean;
  /** Only values that one of these accepts (RFC 3876). */
  readonly matchedValues?: readonly ((value: Attribute) => boolean)[] | undefined;
}

/** Unknown names are left out: they select nothing. */
export function readSelection(names: readonly string[], schema: Schema): Selection {
  const named = names.map((name) => schema.description(name)).filter((description) => description !== undefined);
  return {
    user: names.length === 0 || names.includes('*'),
    operational: names.includes('+'),
    types: new Set(named.filter(({ options }) => options.length === 0).flatMap(({ type }) => schema.withSubtypes(type))),
    tagged: named.filter(({ options }) => options.length > 0),
  };
}

export function selectContent(node: Node, selection: Selection, mayRead: MayRead): EntryContent {
  const isWanted = (description: AttributeDescription): boolean => isSelected(description, selection) && mayRead(node, description.type);
  return {
    dn: node.name,
    attributes: node
      .select(isWanted)
      .map(keepWanted(selection))
      .filter((attribute) => attribute !== undefined),
  };
}

function keepWanted({ typesOnly, matchedValues }: Selection): (attribute: Attribute) => EntryContent['attributes'][number] | undefined {
  return ({ description, values, keys }) => {
    if (typesOnly === true) return [description.text, []];
    if (matchedValues === undefined) return [description.text, values];
    const matched = values.filter((value, at) => {
      const single = { description, values: [value], keys: keys.slice(at, at + 1) };
      return matchedValues.some((matches) => matches(single));
    });
    return matched.length === 0 ? undefined : [description.text, matched];
  };
}

function isSelected({ type, options }: AttributeDescription, { user, operational, types, tagged }: Selection): boolean {
  if ((type.operational ? operational : user) || types.has(type)) return true;
  return tagged.some((wanted) => wanted.type === type && wanted.options.every((option) => options.includes(option)));
}
