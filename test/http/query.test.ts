// How the query part of a URL is read.
// RFC 3986 section 2.1; RFC 7644 section 3.4.2.
import { describe, expect, test } from 'vitest';
import { readQuery, toListParameters } from '../../src/http/query.ts';

describe('reading a query', () => {
  test.each([
    ['/Users', {}],
    ['/Users?', {}],
    ['/Users?&&', {}],
    ['/Users?count=2&startIndex=3', { count: '2', startindex: '3' }],
    ['/Users?COUNT=2', { count: '2' }],
    ['/Users?c%6Funt=2', { count: '2' }],
    ['/Users?filter=userName+eq+%22a%2Bb@x%22', { filter: 'userName eq "a+b@x"' }],
    ['/Users?filter=a%20eq%20%22%C3%A9%25%22', { filter: 'a eq "é%"' }],
    ['/Users?filter=a=b=c', { filter: 'a=b=c' }],
    ['/Users?filter=a?b', { filter: 'a?b' }],
    ['/Users?filter', { filter: '' }],
    ['/Users?count=1&Count=2', { count: '2' }],
    ['/Users?aadOptscim062020', { aadoptscim062020: '' }],
    ['/Users?__proto__=1&constructor=2', { ['__proto__']: '1', constructor: '2' }],
  ])('%s (R-017, R-018)', (url, expected) => {
    expect([...readQuery(url)]).toEqual(Object.entries(expected));
  });

  test.each(['%', '%2', '%zz', '%C3', '%ff', 'a%E0%A4%A'])('refuses the percent-encoding of %s in names and values', (text) => {
    for (const url of [`/Users?filter=${text}`, `/Users?${text}=1`]) {
      expect(() => readQuery(url)).toThrow(expect.objectContaining({ status: 400, scimType: 'invalidSyntax' }));
    }
  });

  test.each(['filter=a&filter=b', 'filter=a&FILTER=a', 'filter&filter'])('refuses two filters: %s', (text) => {
    expect(() => readQuery(`/Users?${text}`)).toThrow(expect.objectContaining({ status: 400, scimType: 'invalidValue' }));
  });

  test('knows the parameters of a list and no other', () => {
    const url = '/?filter=f&sortby=s&SORTORDER=o&startIndex=1&count=2&attributes=a,b&excludedattributes=c&cursor=&x=y';
    expect(toListParameters(readQuery(url))).toEqual({
      cursor: '',
      filter: 'f',
      sortBy: 's',
      sortOrder: 'o',
      startIndex: '1',
      count: '2',
      attributes: 'a,b',
      excludedAttributes: 'c',
    });
  });
});
