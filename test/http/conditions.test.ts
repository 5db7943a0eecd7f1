// Entity tags and preferences as they come in headers.
// RFC 9110 sections 8.8.3 and 13.1; RFC 7240, D-24.
import { describe, expect, test } from 'vitest';
import { prefersMinimal, readConditions } from '../../src/http/conditions.ts';

describe('If-Match and If-None-Match (R-199, R-200)', () => {
  test.each([
    ['*', '*'],
    [' * ', '*'],
    ['"a"', ['"a"']],
    ['W/"a"', ['W/"a"']],
    ['W/"a", "b",W/"c"', ['W/"a"', '"b"', 'W/"c"']],
    [', "a" ,, "b",', ['"a"', '"b"']],
    ['"a,b"', ['"a,b"']],
    ['""', ['""']],
  ])('%s', (value, expected) => {
    expect(readConditions({ 'if-match': value, 'if-none-match': value })).toEqual({ ifMatch: expected, ifNoneMatch: expected });
  });

  test.each(['a', '"a', 'w/"a"', '"a" "b"', '*, "a"', 'W/a', '', ',', '"a b"'])('%s is refused, not ignored', (value) => {
    for (const name of ['if-match', 'if-none-match']) {
      expect(() => readConditions({ [name]: value })).toThrow(expect.objectContaining({ status: 400, scimType: 'invalidValue' }));
    }
  });

  test('absent headers are no conditions', () => {
    expect(readConditions({})).toEqual({});
  });

  test('a hostile header is refused in no time', () => {
    const started = performance.now();
    expect(() => readConditions({ 'if-match': `${'"a" , '.repeat(3000)}${', \t'.repeat(3000)}!` })).toThrow('If-Match');
    expect(performance.now() - started).toBeLessThan(200);
  });
});

describe('Prefer (D-24)', () => {
  test.each([
    ['return=minimal', true],
    ['Return="Minimal"', true],
    ['respond-async, return=minimal; foo=1', true],
    ['return = minimal', true],
    ['return=representation', false],
    ['return=representation, return=minimal', false],
    ['return=minimalist', false],
    ['xreturn=minimal', false],
    ['', false],
    [undefined, false],
  ])('%s: %s', (value, expected) => {
    expect(prefersMinimal(value)).toBe(expected);
  });
});
