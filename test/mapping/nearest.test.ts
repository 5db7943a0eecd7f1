// "Did you mean": near enough, not too near.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearest } from '../../src/mapping/nearest.ts';

test.each([
  ['acces', 'access'],
  ['ReadOnly', 'readOnly'],
  ['subb', 'sub'],
  ['sbu', 'sub'],
  ['userNmae', 'userName'],
  ['usrTyp', 'userType'],
  ['xy', undefined],
  ['password', undefined],
  ['', undefined],
])('%j: %s', (word, expected) => {
  expect(nearest(word, ['access', 'readOnly', 'sub', 'userName', 'userType'])).toBe(expected);
});

test('a candidate is its own nearest, and one edit away it is still found', () => {
  const words = ['access', 'readOnly', 'normalize', 'onUnresolved', 'accountState'];
  fc.assert(
    fc.property(fc.constantFrom(...words), fc.nat(), fc.constantFrom('x', ''), (word, position, replacement) => {
      const at = position % word.length;
      expect(nearest(word, words)).toBe(word);
      expect(nearest(word.slice(0, at) + replacement + word.slice(at + 1), words)).toBe(word);
    }),
  );
});

test('no candidates, nothing to suggest', () => {
  expect(nearest('a', [])).toBeUndefined();
});
