// What is generated from the definitions is what stands in docs, and the schemas know files with `extends` from complete ones.
import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { generateFiles, schema } from '../../src/commands/schema.ts';
import { fillBlocks } from '../../src/commands/schema/reference.ts';
import { UsageError } from '../../src/commands/usage-error.ts';
import { mappingJsonSchema } from '../../src/config.ts';

describe('docs', () => {
  test.each([...generateFiles('docs')])('%s is up to date (otherwise: npm run generate)', (file, text) => {
    expect(readFileSync(`docs/${file}`, 'utf8')).toBe(text);
  });

  test('a page that asks for an unknown block is refused', () => {
    expect(() => fillBlocks('<!-- generated: weather -->\n<!-- end -->', new Map())).toThrow('there is no block weather');
  });

  test('only what stands between the marks is replaced', () => {
    const page = 'before\n<!-- generated: a -->\nold\n<!-- end -->\nafter\n';
    expect(fillBlocks(page, new Map([['a', 'new\n']]))).toBe('before\n<!-- generated: a -->\n\nnew\n\n<!-- end -->\nafter\n');
  });
});

describe('schema', () => {
  test.each(['config', 'mapping'])('schema %s prints a JSON Schema', async (name) => {
    const print = vi.spyOn(console, 'log').mockReturnValue();
    expect(await schema.run({}, [name])).toBe(0);
    expect(JSON.parse(String(print.mock.calls[0]?.[0]))).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema' });
    print.mockRestore();
  });

  test.each([[[]], [['weather']], [['config', 'mapping']]])('schema %s is refused', async (names) => {
    await expect(schema.run({}, names)).rejects.toThrow(UsageError);
  });
});

describe('the schema of mapping files', () => {
  const accepts = (data: unknown): boolean => z.fromJSONSchema(mappingJsonSchema() as never).safeParse(data).success;
  const search = { bases: [{ dn: '{baseDn}' }], filter: '(cn=*)' };
  const user = { search, id: { ldap: 'entryUUID' }, attributes: { userName: 'uid' } };

  test.each<[string, boolean, unknown]>([
    ['a complete mapping', true, { version: 1, resources: { User: user } }],
    ['one without a key that it needs', false, { version: 1, resources: { User: { ...user, search: undefined } } }],
    ['one without a version', false, { resources: { User: user } }],
    ['one that extends, with a part only', true, { extends: 'openldap', resources: { User: { attributes: { title: 'title' } } } }],
    ['one that extends and removes', true, { extends: 'openldap', resources: { User: { create: null, set: { cn: null } }, Group: null } }],
    [
      'one that removes inside an attribute',
      true,
      { extends: 'openldap', resources: { User: { attributes: { title: { codec: null } } } } },
    ],
    ['one that extends, with an item of a list in part', false, { extends: 'openldap', resources: { User: { search: { bases: [{}] } } } }],
    ['a codec in short form', true, { extends: 'openldap', resources: { User: { id: { codec: 'guid' } } } }],
    ['a codec that needs more than its name', false, { extends: 'openldap', resources: { User: { id: { codec: 'bit' } } } }],
    ['an attribute in short form that is no name', false, { extends: 'openldap', resources: { User: { attributes: { title: 'a b' } } } }],
  ])('%s: %s', (_name, expected, data) => {
    expect(accepts(JSON.parse(JSON.stringify(data)))).toBe(expected);
  });
});
