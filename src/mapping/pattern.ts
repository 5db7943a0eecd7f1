// Regular expressions of the mapping file, which run on what strangers send: accepted only if they take linear time.
// A pattern is taken when it is deterministic: at every point the next character decides which part of it goes on, so that nothing is tried twice.

/** One place in a pattern that takes one character. */
interface Position {
  /** The source of what it takes: `a`, `\d`, `[a-z]`. */
  readonly source: string;
  /** Places that may take the character after it. */
  readonly next: Set<Position>;
}

/** A part of a pattern: the positions that can begin and end it. */
interface Part {
  readonly first: readonly Position[];
  readonly last: readonly Position[];
  readonly nullable: boolean;
}

/** The pattern for whole values. @throws SyntaxError for what is no regular expression, or one that could take long */
export function compilePattern(pattern: string): RegExp {
  // By itself first: `a)(b` would close the group that it is put into.
  const { source } = new RegExp(pattern, 'u');
  const positions = new Set<Position>();
  const part = parsePattern(pattern, positions);
  for (const choice of [part.first, ...Array.from(positions, ({ next }) => [...next])]) refuseChoice(choice);
  return new RegExp(`^(?:${source})$`, 'u');
}

function tooComplex(what: string): never {
  throw new SyntaxError(`the pattern could take very long: ${what}`);
}

const quantifier = /[*+?]|\{\d+(?:,\d*)?\}/y;
const character =
  /\\(?:[dDsSwWtnrfv0]|[^\p{L}\p{N}]|p\{[^}]*\}|P\{[^}]*\}|u\{[^}]*\}|u[0-9a-f]{4}|x[0-9a-f]{2})|\[(?:\\.|[^\\\]])*\]|[^\\[\](){}*+?|^$]/iuy;

function parsePattern(pattern: string, positions: Set<Position>): Part {
  let at = 0;
  const take = (token: RegExp): string | undefined => {
    token.lastIndex = at;
    const found = token.exec(pattern)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const parseAlternatives = (): Part => {
    const parts = [parseSequence()];
    while (take(/\|/y) !== undefined) parts.push(parseSequence());
    return {
      first: parts.flatMap((part) => part.first),
      last: parts.flatMap((part) => part.last),
      nullable: parts.some((part) => part.nullable),
    };
  };
  const parseSequence = (): Part => {
    let sequence: Part = { first: [], last: [], nullable: true };
    while (at < pattern.length && pattern[at] !== '|' && pattern[at] !== ')') sequence = join(sequence, parseRepetition());
    return sequence;
  };
  const parseRepetition = (): Part => {
    const part = parseAtom();
    const times = take(quantifier);
    take(/\?/y);
    if (times === undefined || times === '{1}') return part;
    if (times !== '?') repeat(part);
    return { ...part, nullable: part.nullable || /^(?:[*?]|\{0)/.test(times) };
  };
  const parseAtom = (): Part => {
    if (take(/\((?:\?:|(?!\?))/y) !== undefined) {
      const group = parseAlternatives();
      take(/\)/y);
      return group;
    }
    // The whole value is meant anyway.
    if ((at === 0 && take(/\^/y)) || (at === pattern.length - 1 && take(/\$/y))) return { first: [], last: [], nullable: true };
    const source = take(character) ?? tooComplex(`no look-around, back-references or anchors (at ${pattern.slice(at, at + 10)})`);
    const position: Position = { source, next: new Set() };
    positions.add(position);
    return { first: [position], last: [position], nullable: false };
  };
  return parseAlternatives();
}

function join(a: Part, b: Part): Part {
  connect(a, b);
  return {
    first: a.nullable ? [...a.first, ...b.first] : a.first,
    last: b.nullable ? [...a.last, ...b.last] : b.last,
    nullable: a.nullable && b.nullable,
  };
}

function connect(a: Part, b: Part): void {
  for (const position of a.last) for (const next of b.first) position.next.add(next);
}

/** @throws SyntaxError when a text could be cut into repetitions in several ways, as in `(a*)*` */
function repeat(part: Part): void {
  const isAmbiguous = part.last.some(({ next }) => part.first.some((position) => next.has(position)));
  if (part.nullable || isAmbiguous) tooComplex('a repetition of what can repeat itself or be empty');
  connect(part, part);
}

/** @throws SyntaxError when one character could be taken by two of the positions */
function refuseChoice(positions: readonly Position[]): void {
  for (const [i, a] of positions.entries()) {
    const other = positions.slice(i + 1).find((b) => overlap(a.source, b.source));
    if (other) tooComplex(`${a.source} and ${other.source} can take the same character at one point`);
  }
}

const asciiCharacters = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));

function overlap(a: string, b: string): boolean {
  if (reachesBeyondAscii(a) && reachesBeyondAscii(b)) return true;
  const [first, second] = [a, b].map((source) => new RegExp(`^${source}$`, 'u'));
  return asciiCharacters.some((each) => first?.test(each) && second?.test(each));
}

/** Or might: classes and escapes are not looked into. */
function reachesBeyondAscii(source: string): boolean {
  return source === '.' || /[^\0-\x7f]|^\[\^|\\[DSWpPuxs]/.test(source);
}
