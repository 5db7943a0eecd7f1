// LDAP search filters as objects; RFC 4515 text to objects and back. Filters are never strings built from values.
// RFC 4511 section 4.5.1.7, RFC 4515, RFC 4526 (the empty `and` is true, the empty `or` is false).
import { decodeText } from './syntax.ts';

export type Value = string | Buffer;

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  | { readonly kind: 'equal' | 'greaterOrEqual' | 'lessOrEqual' | 'approx'; readonly attribute: string; readonly value: Value }
  | { readonly kind: 'present'; readonly attribute: string }
  | {
      readonly kind: 'substring';
      readonly attribute: string;
      readonly initial?: Value;
      readonly any: readonly Value[];
      readonly final?: Value;
    }
  | {
      readonly kind: 'extensible';
      readonly rule?: string;
      readonly attribute?: string;
      readonly value: Value;
      readonly dnAttributes?: boolean;
    };

export const absoluteTrue: Filter = { kind: 'and', filters: [] };
export const absoluteFalse: Filter = { kind: 'or', filters: [] };

/** Nested `and`s are flattened, absolute true is dropped, absolute false wins; a single filter stands for itself. */
export function and(filters: readonly Filter[]): Filter {
  return combine('and', filters);
}

/** Nested `or`s are flattened, absolute false is dropped, absolute true wins; a single filter stands for itself. */
export function or(filters: readonly Filter[]): Filter {
  return combine('or', filters);
}

function combine(kind: 'and' | 'or', filters: readonly Filter[]): Filter {
  const flat = filters.flatMap((filter) => (filter.kind === kind ? filter.filters : [filter]));
  const dominant = flat.find((filter) => (filter.kind === 'and' || filter.kind === 'or') && filter.filters.length === 0);
  const [only, ...others] = flat;
  return dominant ?? (only !== undefined && others.length === 0 ? only : { kind, filters: flat });
}

/** A double negation is undone: Undefined stays Undefined under `not`, so nothing changes. */
export function not(filter: Filter): Filter {
  if (filter.kind === 'not') return filter.filter;
  if (filter.kind === 'and' && filter.filters.length === 0) return absoluteFalse;
  if (filter.kind === 'or' && filter.filters.length === 0) return absoluteTrue;
  return { kind: 'not', filter };
}

export function equal(attribute: string, value: Value): Filter {
  return { kind: 'equal', attribute, value };
}

export function present(attribute: string): Filter {
  return { kind: 'present', attribute };
}

export function greaterOrEqual(attribute: string, value: Value): Filter {
  return { kind: 'greaterOrEqual', attribute, value };
}

export function lessOrEqual(attribute: string, value: Value): Filter {
  return { kind: 'lessOrEqual', attribute, value };
}

/** Empty components are dropped, as they match anywhere; with none left it is presence. */
export function substring(
  attribute: string,
  parts: { readonly initial?: Value; readonly any?: readonly Value[]; readonly final?: Value },
): Filter {
  const any = (parts.any ?? []).filter((value) => value.length > 0);
  const initial = parts.initial?.length ? { initial: parts.initial } : {};
  const final = parts.final?.length ? { final: parts.final } : {};
  if (any.length === 0 && !('initial' in initial) && !('final' in final)) return present(attribute);
  return { kind: 'substring', attribute, ...initial, any, ...final };
}

export function extensible(
  value: Value,
  match: { readonly rule?: string; readonly attribute?: string; readonly dnAttributes?: boolean },
): Filter {
  return { kind: 'extensible', ...match, value };
}

const maximumDepth = 100;

/** Whitespace is tolerated around filters, not inside items. Values that are no UTF-8 text become Buffers. @throws SyntaxError with a 1-based column */
export function parseFilter(text: string): Filter {
  let at = 0;
  const fail = (message: string): never => {
    throw new SyntaxError(`invalid filter at column ${at + 1}: ${message}`);
  };
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const expect = (character: string): void => {
    if (text[at] !== character) fail(`${character} expected`);
    at += 1;
  };

  const parseComponent = (depth: number): Filter => {
    if (depth > maximumDepth) fail(`nested deeper than ${maximumDepth}`);
    expect('(');
    const filter = parseContent(depth);
    expect(')');
    take(whitespace);
    return filter;
  };
  const parseContent = (depth: number): Filter => {
    take(whitespace);
    const operator = take(/[&|!]/y);
    if (operator === undefined) return parseItem();
    take(whitespace);
    if (operator === '!') return { kind: 'not', filter: parseComponent(depth + 1) };
    const filters: Filter[] = [];
    while (text[at] === '(') filters.push(parseComponent(depth + 1));
    return { kind: operator === '&' ? 'and' : 'or', filters };
  };
  const parseItem = (): Filter => {
    const attribute = take(attributeDescription);
    if (text[at] === ':') return parseExtensible(attribute);
    if (attribute === undefined) return fail('attribute description expected');
    switch (take(/=|[~<>]=/y)) {
      case '=':
        return parseEquality(attribute);
      case '~=':
        return { kind: 'approx', attribute, value: parseValue() };
      case '>=':
        return greaterOrEqual(attribute, parseValue());
      case '<=':
        return lessOrEqual(attribute, parseValue());
      default:
        return fail('=, ~=, >=, <= or := expected');
    }
  };
  const parseEquality = (attribute: string): Filter => {
    const values = [parseValue()];
    while (text[at] === '*') {
      at += 1;
      values.push(parseValue());
    }
    const [initial = '', ...others] = values;
    const final = others.pop();
    return final === undefined ? equal(attribute, initial) : substring(attribute, { initial, any: others, final });
  };
  const parseExtensible = (attribute: string | undefined): Filter => {
    const dnAttributes = take(/:dn(?=:)/iy) !== undefined;
    const rule = take(matchingRule)?.slice(1);
    if (attribute === undefined && rule === undefined) fail('matching rule expected');
    if (take(/:=/y) === undefined) fail(':= expected');
    const match = {
      ...(rule !== undefined && { rule }),
      ...(attribute !== undefined && { attribute }),
      ...(dnAttributes && { dnAttributes }),
    };
    return extensible(parseValue(), match);
  };
  const parseValue = (): Value => {
    const chunks: Buffer[] = [];
    for (;;) {
      const plain = take(plainValue);
      if (plain !== undefined) {
        if (chunks.length === 0 && text[at] !== '\\') return plain;
        chunks.push(Buffer.from(plain));
      } else if (text[at] === '\\') {
        const octets = take(escapedOctets) ?? fail('two hexadecimal digits expected after \\');
        chunks.push(Buffer.from(octets.replaceAll('\\', ''), 'hex'));
      } else break;
    }
    const octets = Buffer.concat(chunks);
    return decodeText(octets) ?? octets;
  };

  take(whitespace);
  const filter = parseComponent(1);
  if (at < text.length) fail('end of text expected');
  return filter;
}

const whitespace = /\s*/y;
const attributeDescription = /(?:[a-z][\w-]*|\d+(?:\.\d+)*)(?:;[a-z0-9-]+)*/iy;
const matchingRule = /:(?:[a-z][\w-]*|\d+(?:\.\d+)*)(?=:)/iy;
const plainValue = /[^\\()*\0]+/y;
const escapedOctets = /(?:\\[0-9a-f]{2})+/iy;

export function formatFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'and':
      return `(&${filter.filters.map(formatFilter).join('')})`;
    case 'or':
      return `(|${filter.filters.map(formatFilter).join('')})`;
    case 'not':
      return `(!${formatFilter(filter.filter)})`;
    case 'present':
      return `(${filter.attribute}=*)`;
    case 'substring':
      return `(${filter.attribute}=${[filter.initial ?? '', ...filter.any, filter.final ?? ''].map(escapeValue).join('*')})`;
    case 'extensible': {
      const rule = filter.rule === undefined ? '' : `:${filter.rule}`;
      return `(${filter.attribute ?? ''}${filter.dnAttributes ? ':dn' : ''}${rule}:=${escapeValue(filter.value)})`;
    }
    default:
      return `(${filter.attribute}${operators[filter.kind]}${escapeValue(filter.value)})`;
  }
}

const operators = { equal: '=', greaterOrEqual: '>=', lessOrEqual: '<=', approx: '~=' } as const;

/** A value as it stands in the text of a filter (RFC 4515 section 3). */
export function escapeValue(value: Value): string {
  if (typeof value !== 'string') return value.toString('hex').replace(/../g, '\\$&');
  return value.replace(/[*()\\\0]/g, (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Attribute names that the filter mentions, as spelt, each once. */
export function filterAttributes(filter: Filter): readonly string[] {
  return [...new Set(listAttributes(filter))];
}

function listAttributes(filter: Filter): readonly string[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.filters.flatMap(listAttributes);
    case 'not':
      return listAttributes(filter.filter);
    default:
      return filter.attribute === undefined ? [] : [filter.attribute];
  }
}
