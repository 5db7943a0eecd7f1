// The query part of a URL as parameters. `+` means a blank, as HTML forms send it and as `URLSearchParams` writes it: a literal plus is `%2B`.
// RFC 3986 section 2.1 (percent-encoding); RFC 7644 section 3.4.2.
import { invalidSyntax, invalidValue } from '../scim/error.ts';
import type { ListParameters } from '../scim/messages.ts';

/** Values by lower-case name. */
export type Query = ReadonlyMap<string, string>;

/**
 * Of a parameter given twice the last counts, except `filter`: there a proxy and the gateway could see different ones.
 * @throws ScimError invalidSyntax for broken percent-encoding, invalidValue for two filters
 */
export function readQuery(url: string): Query {
  const query = new Map<string, string>();
  const start = url.indexOf('?');
  if (start === -1) return query;
  for (const parameter of url.slice(start + 1).split('&')) {
    if (parameter === '') continue;
    const [name = '', ...value] = parameter.split('=');
    const key = decode(name).toLowerCase();
    if (key === 'filter' && query.has(key)) throw invalidValue('The parameter filter is given twice');
    query.set(key, decode(value.join('=')));
  }
  return query;
}

/** The parameters of RFC 7644 section 3.4.2, whatever the case of their names; others are ignored. */
export function toListParameters(query: Query): ListParameters {
  return {
    filter: query.get('filter'),
    sortBy: query.get('sortby'),
    sortOrder: query.get('sortorder'),
    startIndex: query.get('startindex'),
    count: query.get('count'),
    cursor: query.get('cursor'),
    attributes: query.get('attributes'),
    excludedAttributes: query.get('excludedattributes'),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    throw invalidSyntax('The URL is not correctly percent-encoded UTF-8', { cause });
  }
}
