// Rows as resources: the octets of their bodies, with the attributes that are made of references put in.
// RFC 7643 sections 3 and 3.3: `schemas` lists the extensions of which a resource holds something.
import type { Json, Resource, ResourceType } from '../scim/schema.ts';
import { parseAt } from './attribute-octets.ts';
import { findMember, memberKey, skipValue } from './json-octets.ts';
import { OctetWriter } from './octet-writer.ts';
import type { Place } from './node-owners.ts';
import { ReferenceJson } from './reference-json.ts';
import type { References } from './references.ts';
import type { Body } from './rows.ts';

/** Octets from one offset to before another, and what is written instead of them. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Members as JSON, each with a comma before it, by the extension that they belong in. */
type Members = Map<string | undefined, string>;

type Wanted = (attribute: string) => boolean;

const emptyObject = '{}'.length;
const schemasKey = memberKey('schemas');

export class Rendering {
  readonly #references: ReferenceJson;
  readonly #writer = new OctetWriter();
  readonly #extensionKeys = new Map<string, Buffer>();

  constructor(references: References) {
    this.#references = new ReferenceJson(references);
  }

  /** @param wanted says of a reference attribute whether it is to be there */
  resource(place: Place, wanted: Wanted): Resource {
    this.#renderRow(place, wanted);
    return JSON.parse(this.#writer.take().toString()) as Resource;
  }

  /** JSON of resources with a comma between them. */
  render(places: readonly Place[]): Buffer {
    for (const place of places) {
      if (!this.#writer.isEmpty) this.#writer.write(',');
      this.#renderRow(place, () => true);
    }
    return this.#writer.take();
  }

  #renderRow(place: Place, wanted: Wanted): void {
    const { octets, start: from, end: last } = place.table.rows.body(place.slot);
    const members = this.#show(place, wanted);
    let copied = from;
    for (const { start, end, text } of this.#edits(members, { octets, start: from, end: last }, place.table.type)) {
      this.#writer.copy(octets, copied, start);
      this.#writer.write(text);
      copied = end;
    }
    this.#writer.copy(octets, copied, last);
  }

  #show(place: Place, wanted: Wanted): Members {
    const members: Members = new Map();
    for (const field of place.table.fields) {
      const { extension, attribute } = field.reference;
      const value = wanted(field.definition.attribute) ? this.#references.show(place, field) : undefined;
      if (value !== undefined) members.set(extension, `${members.get(extension) ?? ''},"${attribute.name}":${value}`);
    }
    return members;
  }

  /** By offset. An extension that the body lacks is added, and `schemas` says so. */
  #edits(members: Members, { octets, start, end }: Body, type: ResourceType): readonly Edit[] {
    const edits: Edit[] = [];
    const added: string[] = [];
    let last = members.get(undefined) ?? '';
    for (const [extension, text] of members) {
      if (extension === undefined) continue;
      const holder = findMember(octets, start, this.#keyOf(extension));
      const holderEnd = holder < 0 ? -1 : skipValue(octets, holder);
      if (holder >= 0) edits.push(insertBeforeEnd(holder, holderEnd, text));
      else last += `,${JSON.stringify(extension)}:{${text.slice(1)}}`;
      if (holder < 0 || holderEnd - holder === emptyObject) added.push(extension);
    }
    if (last !== '') edits.push(insertBeforeEnd(start, end, last));
    const schemas = added.length === 0 ? -1 : findMember(octets, start, schemasKey);
    if (schemas >= 0)
      edits.push({ start: schemas, end: skipValue(octets, schemas), text: listSchemas(parseAt(octets, schemas), added, type) });
    return edits.length > 1 ? edits.toSorted((a, b) => a.start - b.start) : edits;
  }

  #keyOf(extension: string): Buffer {
    let key = this.#extensionKeys.get(extension);
    if (!key) {
      key = memberKey(extension);
      this.#extensionKeys.set(extension, key);
    }
    return key;
  }
}

/** Members put in before the brace that ends an object. */
function insertBeforeEnd(object: number, end: number, members: string): Edit {
  return { start: end - 1, end: end - 1, text: end - object === emptyObject ? members.slice(1) : members };
}

/** In the order of the type. */
function listSchemas(listed: Json, added: readonly string[], { schema, extensions }: ResourceType): string {
  const order = [schema.id, ...extensions.map((each) => each.schema.id)];
  const all = new Set([...(Array.isArray(listed) ? (listed as readonly Json[]) : []), ...added].map(String));
  return JSON.stringify([...order.filter((urn) => all.delete(urn)), ...all]);
}
