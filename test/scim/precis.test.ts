// Passwords are prepared by the profile OpaqueString of RFC 8265: what looks the same is the same, and nothing else changes.
import { describe, expect, it } from 'vitest';
import { prepareOpaqueString } from '../../src/scim/precis.ts';

describe('R-078 R-214 prepareOpaqueString', () => {
  it.each([
    ['ASCII', 'Correct horse 1!', 'Correct horse 1!'],
    ['a decomposed letter', 'pa\u0308ss', 'p\u00e4ss'],
    ['the case', 'PaSs', 'PaSs'],
    ['the width', '\uff50ass', '\uff50ass'],
    ['a no-break space', 'a\u00a0b', 'a b'],
    ['an ogham space and an em space', 'a\u1680\u2003b', 'a  b'],
    ['outer and double blanks', ' a  b ', ' a  b '],
    ['characters beyond the first plane', '\u{1f600}', '\u{1f600}'],
  ])('%s', (_name, text, prepared) => {
    expect(prepareOpaqueString(text)).toBe(prepared);
    expect(prepareOpaqueString(prepared)).toBe(prepared);
  });

  it.each(['a\u0000', '\u0007', 'tab\tbed', 'line\n', '\u0085'])('%j is refused, and not quoted', (text) => {
    expect(() => prepareOpaqueString(text)).toThrow(expect.objectContaining({ scimType: 'invalidValue' }) as Error);
    expect(() => prepareOpaqueString(text)).not.toThrow(text);
  });
});
