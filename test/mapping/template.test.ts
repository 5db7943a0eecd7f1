// Templates: the grammar, every pipe, and what is refused.
import { describe, expect, test } from 'vitest';
import { compileTemplate } from '../../src/mapping/template.ts';

const values = new Map([
  ['givenName', 'Ann'],
  ['sn', 'Lee'],
  ['mail', 'Ann.Lee@example.com'],
  ['blank', ''],
  ['name.givenName', 'Zoë'],
  ['urn:example:2.0:User:badge', 'B7'],
  ['odd', 'a|b}c'],
]);
const render = (text: string): string | undefined => compileTemplate(text).render((name) => values.get(name));

describe('what a template gives', () => {
  test.each<[template: string, result: string | undefined]>([
    ['fixed text', 'fixed text'],
    ['', ''],
    ['{givenName}', 'Ann'],
    ['{givenName} {sn}!', 'Ann Lee!'],
    ['{missing} {sn}', ' Lee'],
    ['{missing|blank|sn}', 'Lee'],
    ['{missing|givenName sn}', 'Ann Lee'],
    ['{givenName missing sn}', 'Ann Lee'],
    ['{ givenName  sn | lower }', 'ann lee'],
    ['{name.givenName}', 'Zoë'],
    ['{urn:example:2.0:User:badge}', 'B7'],
    ['{missing}', undefined],
    ['CN={missing}', undefined],
    ['CN={blank}', undefined],
    ['{toString}', undefined],
  ])('%j', (template, result) => expect(render(template)).toBe(result));
});

describe('pipes', () => {
  const through = (pipes: string, text: string): string | undefined => compileTemplate(`{a | ${pipes}}`).render(() => text);
  test.each<[pipes: string, text: string, result: string | undefined]>([
    ['lower', 'ÄB', 'äb'],
    ['trim', '  a b ', 'a b'],
    ['first 2', 'abc', 'ab'],
    ['max 2', '😀😀😀', '😀😀'],
    ["before '@'", 'ann@example.com', 'ann'],
    ["before '@'", 'ann', 'ann'],
    ["before '|'", 'a|b', 'a'],
    ["before '}'", 'a}b', 'a'],
    ['ascii', 'Müller-Straße Øre Łódź ﬁ 日本', 'Muller-Strasse Ore Lodz fi '],
    ['ascii', 'a\tb\0c', 'abc'],
    ['samChars', 'a"/\\[]:;|=,+*?<>@b..', 'ab'],
    ["before '@' | ascii | samChars | max 3", 'Zoë.X@example.com', 'Zoe'],
    ['ascii', '日本', undefined],
    ["before '@'", '@x', undefined],
  ])('%s of %j', (pipes, text, result) => expect(through(pipes, text)).toBe(result));

  test('an alternative counts by what it has, not by what pipes leave of it', () => {
    expect(compileTemplate('{a|b | ascii}').render((name) => (name === 'a' ? '日本' : 'b'))).toBeUndefined();
  });
});

test('names are listed, also those of alternatives', () => {
  expect(compileTemplate('{a|b c | lower} {d}').names).toEqual(['a', 'b', 'c', 'd']);
});

describe('what is refused', () => {
  test.each<[template: string, message: string]>([
    ['{a', 'a { without its }'],
    ['a}', 'a } without its {'],
    ["{a | before '@}", 'a { without its }'],
    ['{}', 'nothing that can be looked up: {}'],
    ['{a||b}', 'nothing that can be looked up: {}'],
    ['{a|}', 'nothing that can be looked up: {}'],
    ['{lower}', 'braces without a name'],
    ['{a | lower | b}', 'no pipe named b: there are lower, ascii,'],
    ['{a first}', 'nothing that can be looked up: first'],
    ['{a | first}', 'pipe is used wrongly: first'],
    ['{a | max 0}', 'pipe is used wrongly: max 0'],
    ['{a | lower 3}', 'pipe is used wrongly: lower 3'],
    ['{a | before @}', 'pipe is used wrongly'],
    ['{a;lang-en}', 'nothing that can be looked up'],
    ['{a=b}', 'nothing that can be looked up'],
  ])('%j', (template, message) => expect(() => compileTemplate(template)).toThrow(message));
});

test('a word that is no pipe is a name', () => expect(compileTemplate('{a | upper}').names).toEqual(['a', 'upper']));
