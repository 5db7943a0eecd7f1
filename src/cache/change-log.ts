// Which slots changed, in order: what is derived from rows catches up from where it stands, or begins anew when it stands too far back.
// No RFC.
import { withRoom } from './numbers.ts';

/** Changes that are kept; the older half is forgotten when there are more. */
const longest = 1 << 18;

export class ChangeLog {
  #slots = new Uint32Array(0);
  /** Position of the oldest change kept. */
  #begin = 0;
  #end = 0;

  /** Where something stands that knows every change. */
  get end(): number {
    return this.#end;
  }

  get octets(): number {
    return this.#slots.byteLength;
  }

  add(slot: number): void {
    const length = this.#end - this.#begin;
    if (length === longest) this.#forgetHalf();
    this.#slots = withRoom(this.#slots, this.#end - this.#begin + 1);
    this.#slots[this.#end - this.#begin] = slot;
    this.#end += 1;
  }

  /** The slots changed since a position, some perhaps more than once; undefined where that is forgotten. Good until the next change. */
  since(position: number): Uint32Array | undefined {
    return position < this.#begin ? undefined : this.#slots.subarray(position - this.#begin, this.#end - this.#begin);
  }

  /** Whatever stands anywhere has to begin anew. */
  forget(): void {
    this.#end += 1;
    this.#begin = this.#end;
    this.#slots = new Uint32Array(0);
  }

  #forgetHalf(): void {
    const half = longest / 2;
    this.#slots.copyWithin(0, half);
    this.#begin += half;
  }
}
