// Projections cut out of octets: the same as of the parsed resource, for any names asked for.
// RFC 7644 section 3.9.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OctetProjection } from '../../src/cache/octet-projection.ts';
import { OctetWriter } from '../../src/cache/octet-writer.ts';
import { type Projection, projectResource, withSchemas } from '../../src/scim/resource.ts';
import { attributesOf, type Json, type Resource } from '../../src/scim/schema.ts';
import { badgeUrn, enterpriseUrn, userType } from '../scim/sample.ts';

const resource = withSchemas(
  {
    id: 'u-1',
    externalId: 'x"],{',
    userName: 'ann',
    name: { formatted: 'Ann "A" Lee', familyName: 'Lee' },
    active: true,
    emails: [{ value: 'a@example.com', type: 'work', primary: true }, { type: 'home' }, { value: 'b@example.com', display: '}' }],
    meta: { resourceType: 'User', location: 'https://x/Users/u-1', version: 'W/"1"' },
    [enterpriseUrn]: { department: 'D', manager: { value: 'u-2', displayName: 'Bo' } },
    [badgeUrn]: {},
    groups: [{ value: 'g-1', display: 'G' }],
  } as Resource,
  userType,
);

function project(projection: Projection, body: Resource = resource): Json {
  const octets = Buffer.from(`##${JSON.stringify(body)}##`);
  const writer = new OctetWriter();
  new OctetProjection(userType, projection).write({ octets, start: 2, end: octets.length - 2 }, writer);
  return JSON.parse(writer.written.toString()) as Json;
}

const names = [
  ...attributesOf(userType).flatMap(({ name, subAttributes = [] }) => [name, ...subAttributes.map((sub) => `${name}.${sub.name}`)]),
  ...userType.extensions.flatMap(({ schema }) => [
    schema.id,
    ...schema.attributes.flatMap(({ name, subAttributes = [] }) => [
      `${schema.id}:${name}`,
      ...subAttributes.map((sub) => `${schema.id}:${name}.${sub.name}`),
    ]),
  ]),
  'nothing',
];

describe('OctetProjection', () => {
  it.each<Projection>([
    {},
    { attributes: ['userName'] },
    { attributes: ['name.familyName', 'emails.value'] },
    { attributes: [`${enterpriseUrn}:manager.displayName`] },
    { attributes: ['meta.location'] },
    { attributes: [enterpriseUrn] },
    { excludedAttributes: ['meta', 'groups'] },
    { excludedAttributes: ['emails.value', 'emails.display', 'emails.primary', 'emails.type'] },
    { excludedAttributes: [`${enterpriseUrn}:manager`, `${enterpriseUrn}:department`] },
  ])('R-139: leaves of %j what is left of the resource', (projection) => {
    expect(project(projection)).toEqual(projectResource(resource, userType, projection));
  });

  it('cuts out what projecting the resource leaves, whatever is asked for', () => {
    fc.assert(
      fc.property(fc.subarray(names), fc.boolean(), fc.subarray(Object.keys(resource)), (asked, isExcluded, members) => {
        const projection = isExcluded ? { excludedAttributes: asked } : { attributes: asked };
        const body = withSchemas(Object.fromEntries(members.map((name) => [name, resource[name]!])), userType);
        expect(project(projection, body)).toEqual(projectResource(body, userType, projection));
      }),
    );
  });
});
