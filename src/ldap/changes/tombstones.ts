// What is left of deleted objects in Active Directory: whether this account sees it, for how long, and what it still tells.
// MS-ADTS 3.1.1.5.5 (deleted objects), 3.1.1.3.4.1.14 and 3.1.1.3.4.1.37 (show deleted, show recycled), 6.1.1.2.4.1.1 (tombstoneLifetime).
import { controlOids, plainControl } from '../controls.ts';
import { childOf, tryParseDn, type Dn } from '../dn.ts';
import type { Entry } from '../entry.ts';
import { present } from '../filter.ts';
import type { Control } from '../message.ts';
import type { Session } from '../session.ts';
import { formatGuid } from '../syntax.ts';
import type { EntryId } from './change-source.ts';
import type { Context } from './context.ts';

export interface Tombstones {
  /** Makes a search find deleted objects; undefined where there is no such control. */
  readonly control: Control | undefined;
  /** Whether this account may see them. */
  readonly areReadable: boolean;
  /** Milliseconds for which they are kept. */
  readonly lifetime: number;
}

const day = 86_400_000;
/** Days, where the forest does not say. */
const usualLifetime = 60;
const keptIds = new Set(['objectguid', 'objectsid']);

/** How deleted objects are asked for on this server, and whether this account may read them. */
export async function findTombstones(session: Session, context: Context): Promise<Tombstones> {
  const root = await session.rootDse(['supportedControl', 'configurationNamingContext']);
  const supported = root.texts('supportedControl');
  // Recycled objects are what is left of deleted ones where the Recycle Bin is on; who asks for them gets deleted ones, too.
  const name = (['showRecycled', 'showDeleted'] as const).find((candidate) => supported.includes(controlOids[candidate]));
  const control = name === undefined ? undefined : plainControl(name, true);
  const lifetime = await readLifetime(session, root.texts('configurationNamingContext').map(tryParseDn)[0]);
  return { control, lifetime, areReadable: await canReadTombstones(session, context, control) };
}

/** The container of deleted objects shows its class to those who were given the right to read it; to others at most its name. */
export async function canReadTombstones(session: Session, { base }: Context, control: Control | undefined): Promise<boolean> {
  if (control === undefined) return false;
  const container = childOf([{ type: 'CN', value: 'Deleted Objects' }], base);
  const request = { base: container, scope: 'base', filter: present('objectClass'), attributes: ['objectClass'] } as const;
  for await (const entry of session.search({ ...request, controls: [control] })) if (entry.has('objectClass')) return true;
  return false;
}

async function readLifetime(session: Session, configuration: Dn | undefined): Promise<number> {
  if (configuration === undefined) return usualLifetime * day;
  const names = ['Services', 'Windows NT', 'Directory Service'];
  const place = names.reduce<Dn>((above, value) => childOf([{ type: 'CN', value }], above), configuration);
  const days = Number((await session.read(place, ['tombstoneLifetime']))?.texts('tombstoneLifetime')[0] ?? usualLifetime);
  return days * day;
}

/** Whether a deleted object still has this attribute. */
export const keepsId = (attribute: string): boolean => keptIds.has(attribute.toLowerCase());

export function isDeleted(entry: Entry): boolean {
  return entry.texts('isDeleted')[0] === 'TRUE' || deletedName.test(entry.dn);
}

const deletedName = /^[^,]*\\0ADEL:(?<guid>[\da-f-]{36})/i;

/** The ids that are left; the GUID is also in the name. */
export function idsOfDeleted(entry: Entry, idAttributes: readonly string[]): readonly EntryId[] {
  return idAttributes.flatMap((attribute) => {
    const octets = entry.octets(attribute)[0] ?? (attribute.toLowerCase() === 'objectguid' ? guidInName(entry.dn) : undefined);
    return octets === undefined ? [] : [{ attribute, octets }];
  });
}

function guidInName(dn: string): Buffer | undefined {
  const guid = deletedName.exec(dn)?.groups?.['guid'];
  return guid === undefined ? undefined : formatGuid(guid);
}
