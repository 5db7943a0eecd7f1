// The JSON Schemas accept what the definitions accept, short forms too, and refuse what they refuse.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { configJsonSchema, mappingJsonSchema } from '../../src/config.ts';
import { parseYaml } from '../../src/yaml.ts';

const read = (file: string) =>
  JSON.parse(JSON.stringify(parseYaml(readFileSync(file, 'utf8'), file).document?.data)) as Record<string, unknown>;
const accepts = (schema: object, data: unknown) =>
  z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(data).success;

describe('config.yaml', () => {
  const example = read('config.example.yaml');

  test('the examples fit', () => {
    expect(accepts(configJsonSchema(), example)).toBe(true);
    expect(accepts(configJsonSchema(), read('test/fixtures/examples/config.minimal.yaml'))).toBe(true);
  });

  test.each<[string, Record<string, unknown>]>([
    ['an unknown key', { colour: 'red' }],
    ['a missing section', { clients: undefined }],
    ['cron text that is no text', { cache: { poll: 5 } }],
    [
      'a literal password',
      {
        directories: { main: { ...(example['directories'] as Record<string, object>)['main'], bind: { dn: 'cn=x', password: 'hunter2' } } },
      },
    ],
    ['a wrong word', { log: { level: 'verbose' } }],
  ])('%s does not', (_name, change) => {
    expect(accepts(configJsonSchema(), { ...example, ...change })).toBe(false);
  });
});

describe('mapping files', () => {
  test.each(['mappings/openldap.yaml', 'test/fixtures/examples/mapping.activeDirectory.yaml', 'test/fixtures/config/site.yaml'])(
    '%s fits',
    (file) => {
      expect(accepts(mappingJsonSchema(), read(file))).toBe(true);
    },
  );

  test('an unknown key and a wrong word do not', () => {
    expect(accepts(mappingJsonSchema(), { resources: { User: { serach: {} } } })).toBe(false);
    expect(accepts(mappingJsonSchema(), { resources: { User: { attributes: { title: { access: 'readonly' } } } } })).toBe(false);
  });
});

test('every key of the configuration has a description, or is refused', () => {
  const bare: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node as Record<string, unknown>)) {
      if (key !== 'properties') {
        visit(value, path);
        continue;
      }
      for (const [name, property] of Object.entries(value as Record<string, Record<string, unknown>>)) {
        if (property['description'] === undefined && property['not'] === undefined) bare.push(`${path}.${name}`);
        visit(property, `${path}.${name}`);
      }
    }
  };
  visit(configJsonSchema(), '');
  expect(bare).toEqual([]);
});
