// How slapd stamps an entry that was made or changed: who, when, and in which order.
// RFC 4512 section 3.4, RFC 4530 (entryUUID); entryCSN of OpenLDAP.
import { makeAttribute, type Attribute } from '../attribute.ts';
import type { ChangeTime } from '../change-clock.ts';
import { openLdapSchema } from './schema.ts';

export interface Stamp extends ChangeTime {
  readonly authorDn: string;
}

export interface Creation extends Stamp {
  readonly uuid: string;
  readonly structuralClass: string;
}

export function stampCreation({ time, csn, authorDn, uuid, structuralClass }: Creation): readonly Attribute[] {
  return makeAttributes([
    ['structuralObjectClass', structuralClass],
    ['entryUUID', uuid],
    ['creatorsName', authorDn],
    ['createTimestamp', time],
    ['entryCSN', csn],
    ['modifiersName', authorDn],
    ['modifyTimestamp', time],
  ]);
}

export function stampChange({ time, csn, authorDn }: Stamp): readonly Attribute[] {
  return makeAttributes([
    ['entryCSN', csn],
    ['modifiersName', authorDn],
    ['modifyTimestamp', time],
  ]);
}

function makeAttributes(values: readonly (readonly [name: string, value: string])[]): readonly Attribute[] {
  return values.map(([name, value]) => makeAttribute(name, [value], openLdapSchema));
}
