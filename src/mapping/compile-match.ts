// `match` of the mapping file: by what people who exist already are found when a client creates them.
// RFC 7644 section 3.3 (409 uniqueness).
import type { AttributeReference } from '../scim/path.ts';
import type { ResourceType } from '../scim/schema.ts';
import type { ResourceDefinition } from './definition.ts';
import type { ResourceSource } from './items.ts';
import type { MatchMapping } from './mapping.ts';
import type { Path } from './report.ts';
import { compileDn, resolveAlias } from './text.ts';

/** Undefined where `within` is no DN; every mistake is in the report. */
export function compileMatch(
  { by, then, within = '{baseDn}' }: NonNullable<ResourceDefinition['match']>,
  source: ResourceSource,
  type: ResourceType,
): MatchMapping | undefined {
  const { name, resource, aliases, report } = source;
  const at: Path = ['resources', name, 'match'];
  if (!resource.create) report.add(at, 'is of no use without `create`: nothing is created that could match', { atKey: true });
  const references = by.flatMap((text, i): AttributeReference[] => {
    const found = resolveAlias(text, type, aliases);
    const attribute = found?.sub ?? found?.attribute;
    if (found && attribute?.type !== 'complex' && attribute?.type !== 'boolean' && attribute?.returned !== 'never') return [found];
    report.add([...at, 'by', i], 'must name a mapped attribute whose value tells people apart, such as externalId or emails.value');
    return [];
  });
  const dn = compileDn([...at, 'within'], within, source);
  return dn && { by: references, adopts: then === 'adopt', within: dn };
}
