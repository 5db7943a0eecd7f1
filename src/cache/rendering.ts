// Rows as resources: the octets of their bodies, with the attributes that are made of references put in, and kept with them.
// RFC 7643 sections 3 and 3.3: `schemas` lists the extensions of which a resource holds something.
import type { Json, ResourceType } from '../scim/schema.ts';
import { parseAt } from './attribute-octets.ts';
import { eachElement, findMember, isArrayAt, memberKey, skipValue } from './json-octets.ts';
import type { Place } from './node-owners.ts';
import type { OctetProjection } from './octet-projection.ts';
import { OctetWriter } from './octet-writer.ts';
import { ReferenceJson } from './reference-json.ts';
import type { References } from './references.ts';
import type { Body, Insertion } from './rows.ts';
import type { Slice } from './slice.ts';
import type { Table } from './table.ts';

/** What is put in before the octet at an offset of a body. */
interface Edit {
  readonly at: number;
  readonly text: string;
}

/** Members as JSON, each with a comma before it, by the extension that they belong in. */
type Members = Map<string | undefined, string>;

type Wanted = (attribute: string) => boolean;

const comma = 0x2c;
/** Octets of what is shown of a reference, at least. */
const leastShown = '{"value":"1"},'.length;
const emptyObject = '{}'.length;
const schemasKey = memberKey('schemas');
const metaKey = memberKey('meta');
export class Rendering {
  readonly #references: ReferenceJson;
  readonly #plain = new OctetWriter();
  readonly #whole = new OctetWriter();
  readonly #projected = new OctetWriter();
  readonly #extensionKeys = new Map<string, Buffer>();

  constructor(references: References) {
    this.#references = new ReferenceJson(references);
  }

  /** JSON of resources with a comma between them: of each what the projection of its type leaves, or all. */
  render(places: readonly Place[], projections?: ReadonlyMap<string, OctetProjection>): Buffer {
    return projections ? this.#project(places, projections) : this.#join(places.map((place) => this.#bodyOf(place)));
  }

  /** `meta` of a resource. */
  metaOf({ table, slot }: Place): Json | undefined {
    const { octets, start } = table.rows.body(slot);
    const meta = findMember(octets, start, metaKey);
    return meta < 0 ? undefined : parseAt(octets, meta);
  }

  /** Puts the references into the rows of a table where they are not as they should be, so that no request has to wait for it. */
  async prepare(table: Table, slice: Slice): Promise<void> {
    const { rows } = table;
    for (let slot = rows.live.next(0); slot >= 0; slot = rows.live.next(slot + 1)) {
      if (!rows.shown.has(slot) && !refersToMany(table, slot)) this.#bodyOf({ table, slot });
      if (!slice.isOver) continue;
      rows.compact();
      await slice.pause();
    }
  }

  #join(bodies: readonly Body[]): Buffer {
    const length = bodies.reduce((sum, { start, end }) => sum + end - start + 1, -1);
    const joined = Buffer.allocUnsafeSlow(Math.max(0, length));
    let at = 0;
    for (const { octets, start, end } of bodies) {
      if (at > 0) joined[at++] = comma;
      at += octets.copy(joined, at, start, end);
    }
    return joined;
  }

  #project(places: readonly Place[], projections: ReadonlyMap<string, OctetProjection>): Buffer {
    const writer = this.#projected;
    writer.clear();
    for (const place of places) {
      const projection = projections.get(place.table.type.name);
      if (!projection) continue;
      if (writer.length > 0) writer.write(',');
      projection.write(
        this.#bodyOf(place, (attribute) => projection.wants(attribute)),
        writer,
      );
    }
    return Buffer.from(writer.written);
  }

  /**
   * As it is to be shown; good until the next batch.
   * @param wanted says of a reference attribute whether it must be there: others may be
   */
  #bodyOf(place: Place, wanted?: Wanted): Body {
    const { rows } = place.table;
    if (rows.shown.has(place.slot)) return rows.body(place.slot);
    const isAll = !wanted || place.table.fields.every(({ definition }) => wanted(definition.attribute));
    const { octets, insertions } = this.#insert(place, isAll ? undefined : wanted);
    const inserted = insertions.reduce((sum, { length }) => sum + length, 0);
    // What is inserted may double a body, no more: else many memberships would take many times the room of the rows.
    if (!isAll || inserted > octets.length - inserted) return { octets: Buffer.from(octets), start: 0, end: octets.length };
    rows.show(place.slot, octets, insertions);
    return rows.body(place.slot);
  }

  /** The body of a row with its references, good until the next call. */
  #insert(place: Place, wanted: Wanted = () => true): { readonly octets: Buffer; readonly insertions: readonly Insertion[] } {
    this.#plain.clear();
    place.table.rows.eachPlainPart(place.slot, (octets, start, end) => this.#plain.copy(octets, start, end));
    const plain = this.#plain.written;
    this.#whole.clear();
    const insertions: Insertion[] = [];
    let copied = 0;
    for (const { at, text } of this.#edits(this.#show(place, wanted), plain, place.table.type)) {
      this.#whole.copy(plain, copied, at);
      const start = this.#whole.length;
      this.#whole.write(text);
      insertions.push({ start, length: this.#whole.length - start });
      copied = at;
    }
    this.#whole.copy(plain, copied, plain.length);
    return { octets: this.#whole.written, insertions };
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

  /** In order. An extension that the body lacks is added, and `schemas` says so. */
  #edits(members: Members, body: Buffer, type: ResourceType): readonly Edit[] {
    const edits: Edit[] = [];
    const added = new Set<string>();
    let last = members.get(undefined) ?? '';
    for (const [extension, text] of members) {
      if (extension === undefined) continue;
      const holder = findMember(body, 0, this.#keyOf(extension));
      const end = holder < 0 ? -1 : skipValue(body, holder);
      if (holder >= 0) edits.push(putBeforeEnd(holder, end, text));
      else last += `,${JSON.stringify(extension)}:{${text.slice(1)}}`;
      if (holder < 0 || end - holder === emptyObject) added.add(extension);
    }
    if (last !== '') edits.push(putBeforeEnd(0, body.length, last));
    if (added.size > 0) edits.push(...listSchemas(body, added, type));
    return edits.length > 1 ? edits.toSorted((a, b) => a.at - b.at) : edits;
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

/** So many that they would not be kept. */
function refersToMany({ rows, fields }: Table, slot: number): boolean {
  const { start, end } = rows.body(slot);
  const references = fields.reduce((sum, { index }) => sum + rows.references(slot, index).length, 0);
  return references * leastShown > end - start;
}

/** Members put in before the brace that ends an object. */
function putBeforeEnd(object: number, end: number, members: string): Edit {
  return { at: end - 1, text: end - object === emptyObject ? members.slice(1) : members };
}

/** Extensions put into `schemas`, each behind those that the type has before it. */
function listSchemas(body: Buffer, added: ReadonlySet<string>, { extensions }: ResourceType): readonly Edit[] {
  const list = findMember(body, 0, schemasKey);
  if (list < 0 || !isArrayAt(body, list)) return [];
  const ends = new Map<unknown, number>();
  eachElement(body, list, (element) => ends.set(parseAt(body, element), skipValue(body, element)));
  let at = Math.min(...ends.values());
  const edits: Edit[] = [];
  for (const { schema } of extensions) {
    at = ends.get(schema.id) ?? at;
    if (added.has(schema.id) && !ends.has(schema.id)) edits.push({ at, text: `,${JSON.stringify(schema.id)}` });
  }
  return edits;
}
