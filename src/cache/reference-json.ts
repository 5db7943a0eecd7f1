// Reference attributes as JSON; how a row looks where it is shown is remembered, for many refer to the same few.
// RFC 7643 section 2.4.
import type { Place } from './node-owners.ts';
import { type References, sortById, targetOf } from './references.ts';
import type { Field } from './table.ts';

/** Rows whose look is remembered, for each field. */
const mostRemembered = 10_000;

/** How a row looks where it is shown. */
interface ShownTarget {
  readonly id: string;
  /** Of a list the elements without brackets; empty for nothing. */
  readonly json: string;
}

export class ReferenceJson {
  readonly #references: References;
  readonly #known = new Map<Field, Map<number, ShownTarget>>();
  /** Batches after which that was found. */
  #batches = 0;

  constructor(references: References) {
    this.#references = references;
  }

  /** The value of a field of a row; undefined for none. */
  show(place: Place, field: Field): string | undefined {
    const codes = this.#references.targets(place, field);
    const isList = field.reference.attribute.multiValued;
    // Of several references to what there can be one of, the field chooses.
    if (codes.length > (isList ? mostRemembered : 1)) return JSON.stringify(this.#references.show(place, field));
    const shown = codes.map((code) => this.#showTarget(field, code)).filter(({ json }) => json !== '');
    sortById(shown);
    if (shown.length === 0) return undefined;
    return isList ? `[${shown.map(({ json }) => json).join()}]` : shown[0]?.json;
  }

  #showTarget(field: Field, code: number): ShownTarget {
    const known = this.#knownOf(field);
    let shown = known.get(code);
    if (!shown) {
      const target = targetOf(this.#references.placeOf(code));
      const json = JSON.stringify(field.definition.show([target])) ?? '';
      shown = { id: target.id, json: field.reference.attribute.multiValued ? json.slice(1, -1) : json };
      if (known.size >= mostRemembered) known.clear();
      known.set(code, shown);
    }
    return shown;
  }

  #knownOf(field: Field): Map<number, ShownTarget> {
    if (this.#batches !== this.#references.batches) this.#known.clear();
    this.#batches = this.#references.batches;
    const known = this.#known.get(field) ?? new Map<number, ShownTarget>();
    this.#known.set(field, known);
    return known;
  }
}
