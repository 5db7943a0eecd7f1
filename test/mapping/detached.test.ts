// Which references need not be looked up when another attribute changes.
// RFC 7644 section 3.5.2; L-035.
import { expect, test } from 'vitest';
import { detachedReferences } from '../../src/mapping/detached.ts';
import type { ResourceMapping } from '../../src/mapping/mapping.ts';
import { compileTemplate } from '../../src/mapping/template.ts';
import { compileFile, requireResource } from './sample.ts';

const { mapping } = compileFile('test/fixtures/examples/mapping.openldap.yaml');
const user = requireResource(mapping, 'User');
const manager = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager';
const named = (resource: ResourceMapping): readonly string[] => [...detachedReferences(resource)].toSorted();

test('L-035 manager, groups and members are, and nothing that holds its own value', () => {
  expect(named(user)).toEqual(['groups', manager]);
  expect(named(requireResource(mapping, 'Group'))).toEqual(['members']);
});

test('what a value or a name of the entry is computed from is not', () => {
  const template = compileTemplate(`{userName} of {${manager}.displayName}`);
  expect(named({ ...user, set: [...user.set, { ...user.set[0]!, template }] })).toEqual(['groups']);
  const { create } = user;
  expect(named({ ...user, create: create && { ...create, rdn: [{ attribute: 'cn', value: template }] } })).toEqual(['groups']);
});

test('what is required is not', () => {
  const rules = user.rules.map((rule) =>
    rule.references && rule.target.extension !== undefined
      ? { ...rule, target: { ...rule.target, attribute: { ...rule.target.attribute, required: true } } }
      : rule,
  );
  expect(named({ ...user, rules })).toEqual(['groups']);
  const extensions = user.type.extensions.map((extension) => ({ ...extension, required: true }));
  expect(named({ ...user, type: { ...user.type, extensions } })).toEqual(['groups']);
});
