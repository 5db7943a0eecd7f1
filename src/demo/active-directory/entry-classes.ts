// The classes of an entry: the chain of the structural one written out, auxiliary ones beside it, and what follows for name and category.
// MS-ADTS 3.1.1.5.2.4 (objectClass processing), 3.1.1.2.4.8 (rDNAttID), 3.1.1.2.4.5 (defaultObjectCategory).
import type { Rdn } from '../../ldap/dn.ts';
import type { Attribute } from '../attribute.ts';
import { resultCode } from '../result.ts';
import type { ObjectClass } from '../schema.ts';
import { refuse, refuseConversion } from './refusal.ts';
import { adSchema } from './schema.ts';

export interface EntryClasses {
  readonly structural: ObjectClass;
  readonly all: readonly ObjectClass[];
  /** From `top` on. */
  readonly names: readonly string[];
}

/** @throws OperationError: none, unknown, or not one structural class */
export function readClasses(attribute: Attribute | undefined): EntryClasses {
  const named = (attribute?.keys ?? []).map((name) => adSchema.objectClass(name));
  const known = named.filter((found) => found !== undefined);
  if (known.length < named.length) throw refuseConversion();
  const structural = known.find(
    (candidate) => candidate.kind === 'structural' && known.every((other) => other.kind === 'auxiliary' || candidate.lineage.has(other)),
  );
  if (structural === undefined) throw refuse(resultCode.objectClassViolation, '0000207B', 'objectClass');
  const auxiliary = known.filter(({ kind }) => kind === 'auxiliary');
  const all = [...structural.lineage, ...auxiliary];
  const [top, ...chain] = structural.lineage;
  return { structural, all, names: [top, ...auxiliary, ...chain].flatMap((found) => (found ? [found.name] : [])) };
}

export function accountKind({ all }: EntryClasses): 'user' | 'group' | undefined {
  return all.some(({ name }) => name === 'user') ? 'user' : all.some(({ name }) => name === 'group') ? 'group' : undefined;
}

const namingAttribute: ReadonlyMap<string, string> = new Map([
  ['organizationalUnit', 'ou'],
  ['domainDNS', 'dc'],
]);

/** @throws OperationError unless it is one attribute, and that of the class */
export function requireRdnOf(rdn: Rdn, { structural }: EntryClasses): { readonly type: string; readonly value: string } {
  const [ava, ...others] = rdn;
  if (ava === undefined || others.length > 0 || ava.type.toLowerCase() !== (namingAttribute.get(structural.name) ?? 'cn'))
    throw refuse(resultCode.namingViolation, '00002099', 'naming');
  return { type: ava.type, value: String(ava.value) };
}
