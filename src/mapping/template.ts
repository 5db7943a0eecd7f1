// Templates: `{a|b | lower}` text, total and free of side effects. What goes into a DN or a filter is escaped by its position, not here.
// Grammar: `{` alternative ( `|` alternative )* ( `|` pipe )* `}`; an alternative is one or more names joined by single blanks.

/** Value of a name, or undefined when it has none. */
export type Lookup = (name: string) => string | undefined;

export interface Template {
  readonly text: string;
  /** Every name it mentions. */
  readonly names: readonly string[];
  /** Undefined when it has names and nothing comes of any of them. */
  render(lookup: Lookup): string | undefined;
}

type Pipe = (text: string) => string;
type Part = string | { readonly alternatives: readonly (readonly string[])[]; readonly pipes: readonly Pipe[] };

const letters = (text: string, n: number): string => [...text].slice(0, n).join('');

/** Letters that Unicode does not decompose. */
const spelling: ReadonlyMap<string, string> = new Map([
  ['ß', 'ss'],
  ['æ', 'ae'],
  ['Æ', 'AE'],
  ['œ', 'oe'],
  ['Œ', 'OE'],
  ['ø', 'o'],
  ['Ø', 'O'],
  ['đ', 'd'],
  ['Đ', 'D'],
  ['ł', 'l'],
  ['Ł', 'L'],
  ['þ', 'th'],
  ['Þ', 'TH'],
  ['ı', 'i'],
]);

/** Text in ASCII: accents dropped, the letters that do not decompose spelt out, everything else left out. */
const ascii = (text: string): string =>
  text
    .replace(/[^\x20-\x7e]/g, (letter) => spelling.get(letter) ?? letter)
    .normalize('NFKD')
    .replace(/[^\x20-\x7e]/g, '');

/** Characters that sAMAccountName refuses, and trailing dots. */
const samChars = (text: string): string => text.replace(/["/\\[\]:;|=,+*?<>@]/g, '').replace(/\.+$/, '');

const pipes: ReadonlyMap<string, (argument: string | undefined) => Pipe | undefined> = new Map([
  ['lower', (arg) => (arg === undefined ? (t: string) => t.toLowerCase() : undefined)],
  ['ascii', (arg) => (arg === undefined ? ascii : undefined)],
  ['trim', (arg) => (arg === undefined ? (t: string) => t.trim() : undefined)],
  ['samChars', (arg) => (arg === undefined ? samChars : undefined)],
  ['first', cut],
  ['max', cut],
  [
    'before',
    (arg) => {
      const quoted = /^'(.+)'$/.exec(arg ?? '')?.[1];
      return quoted === undefined ? undefined : (t: string) => t.split(quoted, 1)[0] ?? '';
    },
  ],
]);

export const pipeNames: readonly string[] = [...pipes.keys()];

function cut(argument: string | undefined): Pipe | undefined {
  return /^[1-9]\d{0,4}$/.test(argument ?? '') ? (text) => letters(text, Number(argument)) : undefined;
}

/** @throws SyntaxError that says what is wrong with the template */
export function compileTemplate(text: string): Template {
  const parts = [...parseParts(text)];
  const names = parts.flatMap((part) => (typeof part === 'string' ? [] : part.alternatives.flat()));
  const render = (lookup: Lookup): string | undefined => {
    let found = names.length === 0;
    const rendered = parts.map((part) => {
      if (typeof part === 'string') return part;
      for (const alternative of part.alternatives) {
        const value = alternative
          .map((name) => lookup(name) ?? '')
          .filter((v) => v !== '')
          .join(' ');
        if (value === '') continue;
        const piped = part.pipes.reduce((current, pipe) => pipe(current), value);
        found ||= piped !== '';
        return piped;
      }
      return '';
    });
    return found ? rendered.join('') : undefined;
  };
  return { text, names, render };
}

function* parseParts(text: string): Iterable<Part> {
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('{', at);
    if (open < 0) {
      yield literal(text.slice(at));
      return;
    }
    if (open > at) yield literal(text.slice(at, open));
    const close = findClose(text, open);
    yield parseHole(text.slice(open + 1, close));
    at = close + 1;
  }
}

function literal(text: string): string {
  if (text.includes('}')) throw new SyntaxError(`template has a } without its {: ${text}`);
  return text;
}

function findClose(text: string, open: number): number {
  let quoted = false;
  for (let i = open + 1; i < text.length; i++) {
    if (text[i] === "'") quoted = !quoted;
    else if (text[i] === '}' && !quoted) return i;
  }
  throw new SyntaxError(`template has a { without its }: ${text.slice(open)}`);
}

function parseHole(hole: string): Part {
  const segments = splitBars(hole);
  const firstPipe = segments.findIndex((segment) => pipes.has(headOf(segment)));
  const alternatives = firstPipe < 0 ? segments : segments.slice(0, firstPipe);
  if (alternatives.length === 0) throw new SyntaxError('template has braces without a name');
  return {
    alternatives: alternatives.map(parseAlternative),
    pipes: segments.slice(alternatives.length).map(parsePipe),
  };
}

const headOf = (segment: string): string => segment.split(/\s/, 1)[0] ?? '';

function parseAlternative(segment: string): readonly string[] {
  const names = segment.split(/\s+/);
  const odd = names.find((name) => pipes.has(name) || !/^[A-Za-z][\w:.$-]*$/.test(name));
  if (odd !== undefined) throw new SyntaxError(`template names nothing that can be looked up: ${odd || '{}'}`);
  return names;
}

function parsePipe(segment: string): Pipe {
  const head = headOf(segment);
  const compile = pipes.get(head);
  if (!compile) throw new SyntaxError(`template has no pipe named ${head}: there are ${pipeNames.join(', ')}`);
  const argument = segment.slice(head.length).trim();
  const pipe = compile(argument === '' ? undefined : argument);
  if (!pipe) throw new SyntaxError(`template pipe is used wrongly: ${segment}`);
  return pipe;
}

/** At every bar outside quotes. */
function splitBars(hole: string): readonly string[] {
  const segments = [''];
  for (const token of hole.match(/'[^']*'|[^']/g) ?? []) {
    if (token === '|') segments.push('');
    else segments.push(`${segments.pop() ?? ''}${token}`);
  }
  return segments.map((segment) => segment.trim());
}
