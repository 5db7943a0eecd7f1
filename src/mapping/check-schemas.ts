// Mistakes in `schemas:` and in the names of resource types: schemas that nothing uses, that exist already, that lack their parts.
// RFC 7643 sections 6 and 7.
import { enterpriseUserSchema, groupSchema, userSchema } from '../scim/schema.ts';
import type { MappingDefinition } from './definition.ts';
import { nearest } from './nearest.ts';
import type { Report } from './report.ts';

export function checkSchemas({ resources, schemas = [] }: MappingDefinition, report: Report): void {
  const names = Object.keys(resources);
  for (const name of names) {
    if (!/^[A-Za-z][\w-]*$/.test(name))
      report.add(['resources', name], 'a resource type has a name of letters, digits and hyphens', { atKey: true });
  }
  const seen = new Set([userSchema, groupSchema, enterpriseUserSchema].map(({ id }) => id.toLowerCase()));
  for (const [i, schema] of schemas.entries()) {
    const { urn } = schema;
    const isBase = names.some((name) => resources[name]?.schema === urn);
    if (seen.has(urn.toLowerCase())) report.add(['schemas', i, 'urn'], `${urn} is defined already`);
    seen.add(urn.toLowerCase());
    if (schema.extends !== undefined && !names.includes(schema.extends)) {
      const suggestion = nearest(schema.extends, names);
      report.add(['schemas', i, 'extends'], `there is no resource type ${schema.extends}`, { ...(suggestion && { suggestion }) });
    } else if (schema.extends === undefined && !isBase) {
      report.add(
        ['schemas', i, 'urn'],
        'no resource type uses this schema: it needs `extends`, or a resource type that names it as `schema`',
      );
    }
    for (const [name, attribute] of Object.entries(schema.attributes)) {
      const hasParts = attribute.subAttributes !== undefined || attribute.reference !== undefined;
      if (attribute.type === 'complex' && !hasParts)
        report.add(['schemas', i, 'attributes', name], `${name} is complex and needs \`subAttributes\``, { atKey: true });
      if (attribute.subAttributes !== undefined && attribute.type !== 'complex')
        report.add(['schemas', i, 'attributes', name, 'type'], `${name} has sub-attributes: its type is complex`);
    }
  }
}
