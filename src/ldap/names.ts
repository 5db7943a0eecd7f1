// Names of the attributes of an entry, in their order: entries of one search mostly have the same, which are then made and looked up once.
// RFC 4512 section 2.5: names compare case-insensitively, options are part of them.

/** Lists of names that are kept for the entries to come, and of those such as differ in the last name; any other is made anew. */
const mostKept = 5000;
const mostBeside = 50;
/** Spellings that a list knows the place of. */
const mostAsked = 500;
let kept = 0;

/** A list of names as the shorter one and its last name. */
export class Names {
  static readonly none = new Names(undefined, '');
  readonly #before: Names | undefined;
  readonly #last: string;
  /** How many names there are. */
  readonly length: number;
  /** Whether any of them has options. */
  readonly hasOptions: boolean;
  /** What came after these in entries before. */
  readonly #longer: { readonly octets: Buffer; readonly names: Names }[] = [];
  #all: readonly string[] | undefined;
  #indices: Map<string, number> | undefined;

  private constructor(before: Names | undefined, last: string) {
    this.#before = before;
    this.#last = last;
    this.length = before === undefined ? 0 : before.length + 1;
    this.hasOptions = before?.hasOptions === true || last.includes(';');
  }

  /** These and one more, which stands in `octets` from `begin` to `end`. */
  with(octets: Buffer, begin: number, end: number): Names {
    for (const each of this.#longer) if (isAt(each.octets, octets, begin, end)) return each.names;
    const name = octets.toString('utf8', begin, end);
    const names = new Names(this, name.toLowerCase());
    if (kept < mostKept && this.#longer.length < mostBeside) {
      kept += 1;
      this.#longer.push({ octets: Buffer.from(octets.subarray(begin, end)), names });
    }
    return names;
  }

  /** Lower-cased, each once. */
  all(): readonly string[] {
    this.#all ??= [...new Set(this.#list())];
    return this.#all;
  }

  /** The place of a name in whatever case; of several the last; -1 where it is not among these. */
  indexOf(name: string): number {
    this.#indices ??= this.#index();
    const index = this.#indices.get(name);
    if (index !== undefined) return index;
    const found = this.#indices.get(name.toLowerCase()) ?? -1;
    if (this.#indices.size < mostAsked) this.#indices.set(name, found);
    return found;
  }

  #list(): readonly string[] {
    const names = Array.from<string>({ length: this.length });
    let rest: Names | undefined = this.length === 0 ? undefined : this;
    for (let i = this.length - 1; rest !== undefined && i >= 0; i -= 1) {
      names[i] = rest.#last;
      rest = rest.#before;
    }
    return names;
  }

  #index(): Map<string, number> {
    const indices = new Map<string, number>();
    for (const [i, name] of this.#list().entries()) indices.set(name, i);
    return indices;
  }
}

function isAt(name: Buffer, octets: Buffer, begin: number, end: number): boolean {
  if (name.length !== end - begin) return false;
  for (let i = 0; i < name.length; i += 1) if (name[i] !== octets[begin + i]) return false;
  return true;
}
