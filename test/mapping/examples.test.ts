// The complete mapping files: they compile, and the resource types that they offer are these.
// RFC 7643 sections 6 and 7; R-045, R-046 (what is published is what is implemented).
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { effectiveMapping } from '../../src/config/mapping-file.ts';
import { attributesOf, type Attribute, type ResourceType } from '../../src/scim/schema.ts';
import { compileData, compileFile, describeProblem, requireResource } from './sample.ts';

/** `name` with its sub-attributes, and what differs from the RFC's schema: `!` required, `r` read-only, `i` immutable, `w` write-only. */
function outline(attributes: readonly Attribute[]): readonly string[] {
  const flag = ({ required, mutability }: Attribute) => `${required ? '!' : ''}${mutability === 'readWrite' ? '' : `:${mutability[0]}`}`;
  const types = ({ canonicalValues = [] }: Attribute) => (canonicalValues.length > 0 ? `=${canonicalValues.join('|')}` : '');
  return attributes.map((attribute) => {
    const subs = (attribute.subAttributes ?? []).map((sub) => `${sub.name}${flag(sub)}${types(sub)}`);
    return `${attribute.name}${flag(attribute)}${subs.length > 0 ? `(${subs.join(' ')})` : ''}`;
  });
}

const viewOf = (type: ResourceType) => ({
  common: outline(attributesOf(type).filter(({ name }) => !type.schema.attributes.some((own) => own.name === name))),
  schema: outline(type.schema.attributes),
  extensions: Object.fromEntries(
    type.extensions.map(({ schema, required }) => [`${schema.id}${required ? '!' : ''}`, outline(schema.attributes)]),
  ),
});

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const common = ['schemas!', 'id!:r', 'externalId', 'meta:r(resourceType:r created:r lastModified:r location:r version:r)'];
const group = {
  common,
  schema: ['displayName!', 'members(value:i $ref:i type:i=User|Group display:i)'],
  extensions: {},
};

describe('OpenLDAP', () => {
  const { mapping, problems } = compileFile('test/fixtures/examples/mapping.openldap.yaml');
  test('compiles without problems', () => expect(problems).toEqual([]));
  test('Group', () => expect(viewOf(requireResource(mapping, 'Group').type)).toEqual(group));
  test('User', () => {
    expect(viewOf(requireResource(mapping, 'User').type)).toEqual({
      common,
      schema: [
        'userName!',
        'name(formatted familyName givenName)',
        'displayName',
        'title',
        'preferredLanguage',
        'active',
        'password:w',
        'emails(value type=work primary)',
        'phoneNumbers(value type=work|mobile|home)',
        'addresses(streetAddress locality region postalCode type=work)',
        'groups:r(value:r $ref:r display:r type:r=direct)',
      ],
      extensions: { [enterprise]: ['employeeNumber', 'organization', 'department', 'manager(value $ref displayName:r)'] },
    });
  });
  test('what is accepted and not stored, unique, and where groups are searched', () => {
    const user = requireResource(mapping, 'User');
    expect(user.ignoresWrites).toEqual(['name.formatted']);
    expect(user.unique.map(({ name }) => name)).toEqual(['userName']);
    expect(user.type.schema.attributes.find(({ name }) => name === 'userName')?.uniqueness).toBe('server');
    expect(requireResource(mapping, 'Group').type.schema.attributes[0]?.uniqueness).toBe('server');
    expect([user.groupsFrom, user.renames, user.delete?.mode, user.password?.strategy]).toEqual(['Group', true, 'purge', 'passwordModify']);
  });
});

describe('Active Directory', () => {
  const { mapping, problems } = compileFile('test/fixtures/examples/mapping.activeDirectory.yaml');
  test('compiles, and defers references', () => {
    expect(problems.map(describeProblem)).toEqual([]);
    const deferring = mapping.resources.flatMap(({ rules }) => rules.filter(({ deferred }) => deferred).map(({ target }) => target.name));
    expect(deferring).toEqual(['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager', 'members']);
  });
  test('Group', () => expect(viewOf(requireResource(mapping, 'Group').type)).toEqual(group));
  test('User', () => {
    expect(viewOf(requireResource(mapping, 'User').type)).toEqual({
      common,
      schema: [
        'userName!',
        'name(formatted familyName givenName middleName)',
        'displayName',
        'profileUrl',
        'title',
        'userType',
        'preferredLanguage',
        'active',
        'password:w',
        'emails(value type=work|other primary)',
        'phoneNumbers(value type=work|mobile|fax primary)',
        'addresses(streetAddress locality region postalCode country type=work primary)',
        'groups:r(value:r $ref:r display:r type:r=direct)',
      ],
      extensions: {
        [enterprise]: ['employeeNumber', 'costCenter', 'organization', 'department', 'manager(value $ref displayName:r)'],
        'urn:example:params:scim:schemas:extension:badge:2.0:User': ['number', 'validUntil', 'sid:r'],
      },
    });
  });
});

const presets = readdirSync('mappings').filter((name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml'));

test.each(presets)('the preset %s compiles without errors', (name) => {
  const { document } = effectiveMapping(`mappings/${name}`);
  const { problems } = compileData(document?.data);
  expect(problems.filter(({ severity }) => severity !== 'warning').map(describeProblem)).toEqual([]);
});
