// YAML text to data with places: what is refused, where things stand, what `extends` and overrides do to places.
// YAML 1.2.2.
import { describe, expect, test } from 'vitest';
import { listLeaves, mergeYaml, parseYaml, setYaml } from '../src/yaml.ts';
import type { YamlDocument, YamlPath } from '../src/yaml.ts';

function read(text: string, file = 'a.yaml'): YamlDocument {
  const { document, mistakes } = parseYaml(text, file);
  expect(mistakes).toEqual([]);
  return document!;
}

function refuse(text: string): readonly string[] {
  const { document, mistakes } = parseYaml(text, 'a.yaml');
  expect(document).toBeUndefined();
  return mistakes.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

describe('scalars are those of the core schema', () => {
  test.each([
    ['yes', 'yes'],
    ['no', 'no'],
    ['true', true],
    ['~', null],
    ['12', 12],
    ['0x2', 2],
    ['1e3', 1000],
    ['012', 12],
    ['2030-01-31', '2030-01-31'],
    ['5s', '5s'],
    ['"{baseDn}"', '{baseDn}'],
    ['!!str 5', '5'],
  ])('%s', (text, value) => {
    expect(read(`a: ${text}`).data).toEqual({ a: value });
  });

  test('keys are always text, and inherited names are ordinary keys', () => {
    const { data } = read('1: a\ntrue: b\nconstructor: c\ntoString: d');
    expect(Object.entries(data as object)).toEqual([
      ['1', 'a'],
      ['true', 'b'],
      ['constructor', 'c'],
      ['toString', 'd'],
    ]);
    expect(Object.getPrototypeOf(data)).toBeNull();
  });
});

describe('refused, at line and column', () => {
  test.each<[string, string, string]>([
    ['an empty file', '# nothing\n', '1:1 the file is empty'],
    ['a duplicate key', 'a: 1\nb:\n  c: 1\n  c: 2\n', '4:3 the key `c` stands here twice, first in line 3: remove one'],
    ['a duplicate key in a flow map', 'a: { b: 1, b: 2 }', '1:12 the key `b` stands here twice, first in line 1: remove one'],
    ['__proto__', 'a:\n  __proto__: { b: 1 }', '2:3 the key `__proto__` is not allowed'],
    ['a merge key', 'a: &a { b: 1 }\nc:\n  <<: *a', '3:3 merge keys (`<<`) are not part of YAML 1.2: write the keys out'],
    ['a custom tag', 'a: !secret x', '1:4 unknown tag !secret: write the value without a tag'],
    ['a binary tag', 'a: !!binary aGk=', '1:4 unknown tag tag:yaml.org,2002:binary: write the value without a tag'],
    ['a second document', 'a: 1\n---\nb: 2', '2:1 not valid YAML: a second document (after ---) is not allowed: one file, one document'],
    ['YAML 1.1', '%YAML 1.1\n---\na: yes', '1:1 this is YAML 1.1: remove the %YAML line, files are read as YAML 1.2'],
    ['an alias without anchor', 'a: *b', '1:4 the alias *b has no complete anchor &b before it'],
    ['an alias of what it lies in', 'a: &a [*a]', '1:8 the alias *a has no complete anchor &a before it'],
    ['a list as a key', '? [a]\n: 1', '1:3 not valid YAML: a key must be text, not a list, a map or an alias'],
    ['a tab', 'a:\n\tb: 1', '2:1 not valid YAML: tabs cannot indent: write blanks'],
    ['an open quote', 'a: "b\n', '2:1 not valid YAML: a quote, bracket, colon or comma is missing'],
    ['an open bracket', 'a: [b\n', '2:1 not valid YAML: wrong indentation, or a bracket that is not closed'],
    ['an unquoted colon', 'a: b: c', '1:4 not valid YAML: two keys on one line, or wrong indentation'],
    ['an unquoted template', 'a: {b|c} d', '1:10 not valid YAML: unexpected text: check quotes, brackets and indentation'],
  ])('%s', (_name, text, expected) => {
    expect(refuse(text)[0]).toContain(expected);
  });

  test('aliases that multiply', () => {
    const levels = Array.from({ length: 9 }, (_, level) => `l${level + 1}: &l${level + 1} [${Array(10).fill(`*l${level}`).join(', ')}]`);
    expect(refuse(`l0: &l0 [x, x, x]\n${levels.join('\n')}`)).toEqual([
      expect.stringMatching(/^6:\d+ more than 100000 values here, aliases expanded/),
    ]);
  });

  test('every duplicate key at once', () => {
    expect(refuse('a: 1\na: 2\nb: { c: 1, c: 2 }')).toHaveLength(2);
  });
});

describe('locate', () => {
  const document = read('a: 1\nb:\n  - x\n  - c: { d: 2, e: }\nf:\n  # comment\n  g: "v"\r\nh: &h {i: 1}\nj: *h\n');
  test.each<[YamlPath, boolean, string]>([
    [[], false, '1:1'],
    [['a'], false, '1:4'],
    [['a'], true, '1:1'],
    [['b'], true, '2:1'],
    [['b', 0], false, '3:5'],
    [['b', 1, 'c'], false, '4:8'],
    [['b', 1, 'c', 'd'], false, '4:13'],
    [['b', 1, 'c', 'd'], true, '4:10'],
    [['f', 'g'], false, '7:6'],
    [['j'], true, '9:1'],
    [['j', 'i'], false, '8:11'],
    [['h', 'i'], true, '8:8'],
  ])('%j, key %s: %s', (path, atKey, place) => {
    const { file, line, column } = document.locate(path, atKey);
    expect(`${file}:${line}:${column}`).toBe(`a.yaml:${place}`);
  });

  test.each<[string, YamlPath, string]>([
    ['a missing key: the key of its map', ['f', 'missing'], '5:1'],
    ['a missing key at the top: the first line', ['missing', 'more'], '1:1'],
    ['a missing entry: the list', ['b', 7], '3:3'],
    ['below a scalar: the scalar', ['a', 'x', 'y'], '1:4'],
    ['a value that is not there: its key', ['b', 1, 'c', 'e'], '4:16'],
    ['an inherited name', ['f', 'constructor'], '5:1'],
  ])('%s', (_name, path, place) => {
    const { line, column } = document.locate(path);
    expect(`${line}:${column}`).toBe(place);
  });
});

describe('extends', () => {
  const parent = read('a: 1\nm:\n  x: 1\n  y: { z: 1 }\nl: [1, 2]\n', 'parent.yaml');

  test('maps merge by key, lists are replaced whole, null removes', () => {
    const { document, mistakes } = mergeYaml(parent, read('m: { x: null, y: { w: 2 } }\nl: [3]\nn: 4\n'));
    expect(mistakes).toEqual([]);
    expect(document.data).toEqual({ a: 1, m: { y: { z: 1, w: 2 } }, l: [3], n: 4 });
  });

  test('a map replaces a scalar and a scalar replaces a map', () => {
    expect(mergeYaml(parent, read('a: { b: 1 }\nm: 5')).document.data).toEqual({ a: { b: 1 }, m: 5, l: [1, 2] });
  });

  test('every leaf remembers its file and line', () => {
    const { document } = mergeYaml(parent, read('m:\n  y: { w: 2 }\nl: []\n', 'child.yaml'));
    expect(
      listLeaves(document).map(({ path, value, place }) => [path.join('.'), value, `${place.file}:${place.line}:${place.column}`]),
    ).toEqual([
      ['a', 1, 'parent.yaml:1:4'],
      ['m.x', 1, 'parent.yaml:3:6'],
      ['m.y.z', 1, 'parent.yaml:4:11'],
      ['m.y.w', 2, 'child.yaml:2:11'],
      ['l', [], 'child.yaml:3:4'],
    ]);
    expect(document.locate(['m', 'x'], true)).toEqual({ file: 'parent.yaml', line: 3, column: 3 });
    expect(document.locate(['m', 'y'], true)).toEqual({ file: 'child.yaml', line: 2, column: 3 });
  });

  test('null that removes nothing is a mistake', () => {
    expect(mergeYaml(parent, read('m:\n  yy: null\n')).mistakes).toEqual([
      { file: 'a.yaml', line: 2, column: 3, message: '`yy: null` removes nothing: the file that this one extends has no `yy` here' },
    ]);
  });
});

describe('one value set from outside', () => {
  const document = read('a: { b: 1 }\nl:\n  - c: 1\n');
  const set = (path: YamlPath, text: string) => setYaml(document, path, read(text, 'override').root);

  test('replaces, creates maps on the way, reaches into lists and takes the place of the override', () => {
    expect(set(['a', 'b'], '2').data).toEqual({ a: { b: 2 }, l: [{ c: 1 }] });
    expect(set(['n', 'm', 'k'], '[x]').data).toEqual({ a: { b: 1 }, l: [{ c: 1 }], n: { m: { k: ['x'] } } });
    expect(set(['l', '0', 'c'], '2').data).toEqual({ a: { b: 1 }, l: [{ c: 2 }] });
    expect(set(['a', 'b'], '2').locate(['a', 'b']).file).toBe('override');
  });

  test('null removes', () => {
    expect(set(['a', 'b'], 'null').data).toEqual({ a: {}, l: [{ c: 1 }] });
  });

  test('refuses a path through a scalar and an entry that is not there', () => {
    expect(() => set(['a', 'b', 'c'], '1')).toThrow('`c` would lie inside a value that is no map');
    expect(() => set(['l', '3'], '1')).toThrow('there is no entry 3: the list has 1, counted from 0');
  });
});
