// Patterns of the mapping file: what is accepted runs in linear time, and everything that might not is refused.
import { describe, expect, test } from 'vitest';
import { compilePattern } from '../../src/mapping/pattern.ts';

describe('accepted, and meant for the whole value', () => {
  test.each<[pattern: string, matches: readonly string[], others: readonly string[]]>([
    ['[A-Z]{2}\\d{4}', ['AB1234'], ['AB12345', 'xAB1234']],
    ['[^@\\s]+@[a-z0-9-]+(\\.[a-z0-9-]+)*', ['a@b.c', 'a@b'], ['a@', '@b']],
    ['^abc$', ['abc'], ['xabc']],
    ['.*', ['', 'anything'], ['\n']],
    ['(?:red|green|blue)?', ['', 'red'], ['redgreen']],
    ['https?://[^/]+/', ['http://a/', 'https://a/'], ['ftp://a/']],
    ['\\+?\\d{1,3}( \\d+)*', ['+49 1 2'], ['+', '49  1']],
    ['\\p{L}+', ['Zoë'], ['a1']],
    ['[\\]x]', [']', 'x'], ['\\']],
    ['a|b', ['a', 'b'], ['ab', 'c']],
    ['(ab)+', ['abab'], ['aba']],
    ['x{1}x', ['xx'], ['x']],
    ['[a-z]+(-[a-z]+)*', ['a-b'], ['a-']],
  ])('%s', (pattern, matches, others) => {
    const compiled = compilePattern(pattern);
    expect(matches.filter((text) => !compiled.test(text))).toEqual([]);
    expect(others.filter((text) => compiled.test(text))).toEqual([]);
  });
});

describe('refused, as it could take very long', () => {
  test.each([
    '(a+)+',
    '(a*)*',
    '(a?)*',
    '(a|a)*',
    '(a|aa)+',
    '(a?b?)*',
    '([a-z]+)*x',
    '(\\w+\\s?)+',
    'a*a*a*b',
    '.+@.+',
    '.*=.*',
    '\\d+\\w+',
    '(.*)(.*)',
    '(?=a)a',
    '(?<!a)b',
    '(?<name>a)\\k<name>',
    '(a)\\1',
    'a\\b',
    'a$b',
    '(a{1,9}){1,9}',
    '[ä-ö]+[^x]',
    '(x+x+)+y',
  ])('%s', (pattern) => expect(() => compilePattern(pattern)).toThrow('the pattern could take very long'));
});

test('what is no regular expression is refused as such', () => {
  expect(() => compilePattern('[a')).toThrow(SyntaxError);
  expect(() => compilePattern('a)(b')).toThrow(SyntaxError);
});

test('an accepted pattern is fast on the longest value', () => {
  const started = performance.now();
  for (const pattern of ['[^@]+@[a-z0-9-]+(\\.[a-z0-9-]+)*', '[a-z]+(-[a-z]+)*', '(ab)+'])
    expect(compilePattern(pattern).test(`${'a-'.repeat(200_000)}!`)).toBe(false);
  expect(performance.now() - started).toBeLessThan(1000);
});
