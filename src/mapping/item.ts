// One mapped SCIM path on its way from the file to a rule.
// RFC 7643 section 7 (mutability).
import type { AttributeReference } from '../scim/path.ts';
import type { AttributeDefinition } from './definition.ts';
import type { Path, Report } from './report.ts';
import type { Access } from './rule.ts';

/** One mapped path before its rule exists. */
export interface Item {
  /** Where it stands in the file. */
  readonly at: Path;
  readonly reference: AttributeReference;
  readonly definition: AttributeDefinition;
  readonly access: Access;
}

export function makeItem(at: Path, reference: AttributeReference, definition: AttributeDefinition, report: Report): Item {
  const { access } = definition;
  const isReadOnly = (reference.sub ?? reference.attribute).mutability === 'readOnly' || definition.memberships !== undefined;
  if (isReadOnly && access !== undefined && access !== 'readOnly') report.add([...at, 'access'], `${reference.name} is read-only in SCIM`);
  if (definition.constant !== undefined && access !== undefined && access !== 'readOnly' && access !== 'ignoreWrites')
    report.add([...at, 'access'], 'a constant cannot be written: readOnly or ignoreWrites');
  return { at, reference, definition, access: isReadOnly ? 'readOnly' : accessOf(definition) };
}

/** How a client may use the attribute as far as the mapping goes: as said, and read-only where nothing says how to write. */
export function accessOf(definition: AttributeDefinition): Access {
  if (definition.access) return definition.access;
  if (definition.memberships) return 'readOnly';
  if (definition.constant !== undefined) return 'ignoreWrites';
  const isComputed = definition.read !== undefined || Array.isArray(definition.ldap);
  return isComputed && !definition.write ? 'readOnly' : 'readWrite';
}
