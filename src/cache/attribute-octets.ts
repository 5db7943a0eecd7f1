// Where an attribute lies in the JSON of a row, read without parsing the rest.
// RFC 7643 section 3.3: attributes of extensions are under the URN of their schema.
import type { AttributeReference } from '../scim/path.ts';
import type { Json, JsonObject } from '../scim/schema.ts';
import { eachElement, findMember, isArrayAt, isObjectAt, isStringAt, memberKey, skipValue } from './json-octets.ts';
import type { Body } from './rows.ts';

export class AttributeOctets {
  readonly #reference: AttributeReference;
  readonly #extension: Buffer | undefined;
  readonly #attribute: Buffer;
  readonly #sub: Buffer | undefined;

  constructor(reference: AttributeReference) {
    this.#reference = reference;
    this.#extension = reference.extension === undefined ? undefined : memberKey(reference.extension);
    this.#attribute = memberKey(reference.attribute.name);
    this.#sub = reference.sub && memberKey(reference.sub.name);
  }

  /** Where its value begins, whole even if the reference has a sub-attribute; -1 for none. */
  find({ octets, start }: Body): number {
    const container = this.#extension ? findMember(octets, start, this.#extension) : start;
    return container >= 0 && isObjectAt(octets, container) ? findMember(octets, container, this.#attribute) : -1;
  }

  /** Where its value begins, or that of the sub-attribute, if it is a string; -1 where it is none. */
  findSingle(body: Body): number {
    const whole = this.find(body);
    const at = whole >= 0 && this.#sub && isObjectAt(body.octets, whole) ? findMember(body.octets, whole, this.#sub) : whole;
    return at >= 0 && isStringAt(body.octets, at) ? at : -1;
  }

  /** Calls `visit` with where each single value begins, of the sub-attribute if the reference has one. */
  eachValue(body: Body, visit: (octets: Buffer, at: number) => void): void {
    const { octets } = body;
    const at = this.find(body);
    if (at < 0) return;
    const sub = this.#sub;
    if (!sub) {
      if (isArrayAt(octets, at)) eachElement(octets, at, (element) => visit(octets, element));
      else visit(octets, at);
      return;
    }
    eachElement(octets, at, (element) => {
      if (!isObjectAt(octets, element)) return;
      const value = findMember(octets, element, sub);
      if (value >= 0) eachElement(octets, value, (each) => visit(octets, each));
    });
  }

  /** A resource of which only this attribute is there. */
  read(body: Body): JsonObject {
    const at = this.find(body);
    return at < 0 ? {} : this.place(parseAt(body.octets, at));
  }

  /** A resource that has only this attribute, with that value. */
  place(value: Json): JsonObject {
    const { extension, attribute } = this.#reference;
    const holder = { [attribute.name]: value };
    return extension === undefined ? holder : { [extension]: holder };
  }
}

/** The value that begins there. */
export function parseAt(octets: Buffer, at: number): Json {
  return JSON.parse(octets.toString('utf8', at, skipValue(octets, at))) as Json;
}
