// One mapped SCIM path on its way from the file to a rule.
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
}

/** How a client may use the attribute: as said, and read-only where nothing says how to write. */
export function accessOf(definition: AttributeDefinition): Access {
  if (definition.access) return definition.access;
  if (definition.memberships) return 'readOnly';
  if (definition.constant !== undefined) return 'ignoreWrites';
  const computed = definition.read !== undefined || Array.isArray(definition.ldap);
  return computed && !definition.write ? 'readOnly' : 'readWrite';
}

export function warnAboutDefer(at: Path, onUnresolved: string, report: Report): void {
  if (onUnresolved === 'defer') report.add(at, '`defer` needs a durable store, which this version has not: unresolved references are refused', { severity: 'warning' });
}
