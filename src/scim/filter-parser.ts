// Reads filter texts, and the paths of patch operations, which contain filters.
// RFC 7644 section 3.4.2.2 figure 1 with D-01 to D-03, section 3.5.2 figure 7 with erratum 7122.
import { invalidFilter, invalidPath, type ScimError } from './error.ts';
import type { CompareOperator, Filter, FilterLimits, FilterOptions, Literal } from './filter.ts';
import { parsePath, type AttributePath } from './path.ts';

/** The limits that hold where a caller gives none. */
export const defaultLimits: FilterLimits = { length: 8192, nodes: 200, depth: 30 };

/** The target of a patch operation as written: `name.givenName`, `emails[type eq "work"]`, `emails[type eq "work"].value`. */
export interface PatchPath {
  readonly path: AttributePath;
  /** The bracketed filter; its paths are sub-attributes, or `value` for the elements of a simple attribute. */
  readonly filter?: Filter;
  /** The sub-attribute after the bracket. One without a bracket is in `path`. */
  readonly sub?: string;
}

/** @throws ScimError invalidFilter with the position, counted from 1, where the text stops being a filter or passes a limit. */
export function parseFilter(text: string, options: FilterOptions = {}): Filter {
  return new FilterParser(text, options).parseWhole();
}

/** @throws ScimError invalidPath where the text is no path, invalidFilter where only the filter in its brackets is wrong. */
export function parsePatchPath(text: string, options: FilterOptions = {}): PatchPath {
  return new FilterParser(text, options).parsePatchPath();
}

const compareOperators: ReadonlySet<string> = new Set(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] satisfies CompareOperator[]);

const tokens = {
  blanks: /[ \t]+/y,
  end: /[ \t]*$/y,
  path: /[^\s"()[\]]+/y,
  keyword: /[A-Za-z]+(?![\w.:$-])/y,
  string: /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y,
  word: /[^\s"'()[\]][^\s"()[\]]*/y,
};
const numberPattern = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

class FilterParser {
  readonly #text: string;
  readonly #lenient: boolean;
  readonly #limits: FilterLimits;
  #position = 0;
  #nodes = 0;
  #depth = 0;
  #inBrackets = false;

  constructor(text: string, { lenient = false, limits = defaultLimits }: FilterOptions) {
    this.#text = text;
    this.#lenient = lenient;
    this.#limits = limits;
  }

  parseWhole(): Filter {
    if (this.#text.length > this.#limits.length) throw invalidFilter(`The filter is longer than ${this.#limits.length} characters`);
    const filter = this.#parseOr();
    if (!this.#atEnd()) throw this.#fail('Expected "and", "or" or the end');
    return filter;
  }

  parsePatchPath(): PatchPath {
    if (this.#text.length > this.#limits.length) throw invalidPath(`The path is longer than ${this.#limits.length} characters`);
    const path = parsePath(this.#take('path') ?? '');
    if (!path) throw this.#failPath('Expected an attribute path');
    if (this.#atEnd()) return { path };
    if (this.#peek() === '[') {
      const filter = this.#parseBrackets(() => (this.#atEnd() ? this.#failPath('Expected "]"') : this.#fail('Expected "]"')));
      if (this.#atEnd()) return { path, filter };
      const sub = this.#takeSubAttribute();
      if (sub === undefined || !this.#atEnd()) throw this.#failPath('Expected a sub-attribute or the end');
      return { path, filter, sub };
    }
    return { path, filter: this.#parseComparison({ attribute: 'value' }) };
  }

  #parseOr(): Filter {
    return this.#parseOperands('or', () => this.#parseOperands('and', () => this.#parseTerm()));
  }

  #parseOperands(kind: 'and' | 'or', parseOperand: () => Filter): Filter {
    const first = parseOperand();
    if (!this.#takeKeyword(kind)) return first;
    const filters = [first];
    do filters.push(parseOperand());
    while (this.#takeKeyword(kind));
    this.#countNode();
    return { kind, filters };
  }

  #parseTerm(): Filter {
    this.#take('blanks');
    this.#countNode();
    if (this.#peek() === '(') return this.#parseNested('(', ')');
    const start = this.#position;
    const name = this.#take('path') ?? '';
    if (name.toLowerCase() === 'not') return this.#parseNegation();
    const path = parsePath(name);
    if (!path) {
      this.#position = start;
      throw this.#fail(name === '' ? 'Expected an attribute path' : 'This is no attribute path');
    }
    return this.#peek() === '[' ? this.#parseValuePath(path) : this.#parseComparison(path);
  }

  #parseNegation(): Filter {
    this.#take('blanks');
    if (this.#peek() !== '(') throw this.#fail('"not" needs parentheses: expected "("');
    return { kind: 'not', filter: this.#parseNested('(', ')') };
  }

  #parseValuePath(path: AttributePath): Filter {
    if (this.#inBrackets) throw this.#fail('A value filter cannot contain another one');
    const filter = this.#parseBrackets(() => this.#fail('Expected "]"'));
    const sub = this.#lenient ? this.#takeSubAttribute() : undefined;
    if (sub === undefined) return { kind: 'valuePath', path, filter };
    return this.#narrowValuePath(path, filter, this.#parseComparison({ attribute: sub }));
  }

  /** `a[f].s op v` as Entra ID writes it: one element satisfies both, and `ne` and `eq null` deny that there is one (D-04, D-05). */
  #narrowValuePath(path: AttributePath, filter: Filter, comparison: Filter): Filter {
    const narrow = (condition: Filter): Filter => ({ kind: 'valuePath', path, filter: { kind: 'and', filters: [filter, condition] } });
    if (comparison.kind !== 'compare') return narrow(comparison);
    const { operator, value } = comparison;
    if (value === null && (operator === 'eq' || operator === 'ne')) {
      const some = narrow({ kind: 'present', path: comparison.path });
      return operator === 'ne' ? some : { kind: 'not', filter: some };
    }
    return operator === 'ne' ? { kind: 'not', filter: narrow({ ...comparison, operator: 'eq' }) } : narrow(comparison);
  }

  #parseBrackets(unclosed: () => ScimError): Filter {
    this.#inBrackets = true;
    const filter = this.#parseNested('[', ']', unclosed);
    this.#inBrackets = false;
    return filter;
  }

  #parseNested(open: string, close: string, unclosed = (): ScimError => this.#fail(`Expected "${close}"`)): Filter {
    if (++this.#depth > this.#limits.depth) throw this.#fail(`The filter is nested deeper than ${this.#limits.depth}`);
    this.#position += open.length;
    const filter = this.#parseOr();
    this.#take('blanks');
    if (this.#peek() !== close) throw unclosed();
    this.#position += close.length;
    this.#depth -= 1;
    return filter;
  }

  #parseComparison(path: AttributePath): Filter {
    this.#requireBlanks('Expected a blank and an operator');
    const start = this.#position;
    const operator = this.#take('keyword')?.toLowerCase();
    if (operator === 'pr') return { kind: 'present', path };
    if (operator === undefined || !isCompareOperator(operator)) {
      this.#position = start;
      throw this.#fail(operator === undefined ? 'Expected an operator' : `Unknown operator "${operator.slice(0, 20)}"`);
    }
    this.#requireBlanks('Expected a blank and a value');
    return { kind: 'compare', path, operator, value: this.#parseLiteral() };
  }

  #parseLiteral(): Literal {
    if (this.#peek() === '"') return this.#parseString();
    const start = this.#position;
    const word = this.#take('word');
    if (word === 'true' || word === 'false') return word === 'true';
    if (word === 'null') return null;
    if (word !== undefined && numberPattern.test(word)) {
      const number = Number(word);
      if (Number.isFinite(number) && (!this.#lenient || String(number) === word)) return number;
    }
    if (word !== undefined && this.#lenient) return word;
    this.#position = start;
    throw this.#fail('Expected a value: a string in double quotes, a number, true, false or null');
  }

  #parseString(): string {
    const start = this.#position;
    const token = this.#take('string');
    const value: unknown = token === undefined ? undefined : JSON.parse(token);
    if (typeof value === 'string' && value.isWellFormed()) return value;
    this.#position = start;
    throw this.#fail('The string that begins here is not closed or holds what JSON does not allow');
  }

  #takeKeyword(keyword: string): boolean {
    const start = this.#position;
    const blanks = this.#take('blanks') !== undefined || this.#lenient;
    if (blanks && this.#take('keyword')?.toLowerCase() === keyword && (this.#lenient || this.#take('blanks') !== undefined)) return true;
    this.#position = start;
    return false;
  }

  #takeSubAttribute(): string | undefined {
    if (this.#peek() !== '.') return undefined;
    const start = this.#position++;
    const path = parsePath(this.#take('path') ?? '');
    if (path && path.urn === undefined && path.sub === undefined) return path.attribute;
    this.#position = start;
    return undefined;
  }

  #requireBlanks(problem: string): void {
    if (this.#take('blanks') === undefined && !this.#lenient) throw this.#fail(problem);
  }

  #take(token: keyof typeof tokens): string | undefined {
    const pattern = tokens[token];
    pattern.lastIndex = this.#position;
    const text = pattern.exec(this.#text)?.[0];
    if (text !== undefined) this.#position += text.length;
    return text;
  }

  #peek(): string {
    return this.#text.charAt(this.#position);
  }

  #atEnd(): boolean {
    return this.#take('end') !== undefined;
  }

  #countNode(): void {
    if (++this.#nodes > this.#limits.nodes) throw this.#fail(`The filter has more than ${this.#limits.nodes} parts`);
  }

  #fail(problem: string): ScimError {
    return invalidFilter(`${problem} (position ${this.#position + 1} of the filter)`);
  }

  #failPath(problem: string): ScimError {
    return invalidPath(`${problem} (position ${this.#position + 1} of the path)`);
  }
}

function isCompareOperator(text: string): text is CompareOperator {
  return compareOperators.has(text);
}
