// Controls: their object identifiers, and the values that requests carry and responses bring.
// RFC 2696, 3876, 4511 section 4.1.11, 4527, 4528; draft-behera-ldap-password-policy; MS-ADTS 3.1.1.3.4.1.
import { BerCursor, berTags } from './ber.ts';
import type { Entry } from './entry.ts';
import type { Filter } from './filter.ts';
import { encode, writeFilter, type Control } from './message.ts';
import { readEntry } from './response.ts';

export const controlOids = {
  pagedResults: '1.2.840.113556.1.4.319',
  matchedValues: '1.2.826.0.1.3344810.2.3',
  assertion: '1.3.6.1.1.12',
  preRead: '1.3.6.1.1.13.1',
  postRead: '1.3.6.1.1.13.2',
  manageDsaIt: '2.16.840.1.113730.3.4.2',
  passwordPolicy: '1.3.6.1.4.1.42.2.27.8.5.1',
  permissiveModify: '1.2.840.113556.1.4.1413',
  treeDelete: '1.2.840.113556.1.4.805',
  showDeleted: '1.2.840.113556.1.4.417',
  showRecycled: '1.2.840.113556.1.4.2064',
  dirSync: '1.2.840.113556.1.4.841',
} as const;

export interface Page {
  /** The server's estimate of all entries, 0 when it does not know. */
  readonly estimate: number;
  /** Empty on the last page; a page without entries may still have one. */
  readonly cookie: Buffer;
}

export function pagedResults(size: number, cookie: Buffer = Buffer.alloc(0)): Control {
  const value = encode((writer) => {
    writer.startSequence();
    writer.writeInt(size);
    writer.writeBuffer(cookie, 0x04);
    writer.endSequence();
  });
  return { oid: controlOids.pagedResults, critical: true, value };
}

export function readPage(controls: readonly Control[]): Page | undefined {
  return readValue(controls, controlOids.pagedResults, (cursor, limit) => {
    const end = cursor.enter(berTags.sequence, limit);
    const estimate = cursor.integer(berTags.integer, end);
    return { estimate, cookie: Buffer.from(cursor.content(berTags.octetString, end)) };
  });
}

/** Where a synchronization with Active Directory stands. */
export interface DirSync {
  /** There is more than was given to this request. */
  readonly more: boolean;
  readonly cookie: Buffer;
}

/**
 * MS-ADTS 3.1.1.3.4.1.3.
 * @param flags as a signed number of 32 bits
 * @param maxOctets what the server should about give to one request
 */
export function dirSync(flags: number, maxOctets: number, cookie: Buffer): Control {
  const value = encode((writer) => {
    writer.startSequence();
    writer.writeInt(flags);
    writer.writeInt(maxOctets);
    writer.writeBuffer(cookie, 0x04);
    writer.endSequence();
  });
  return { oid: controlOids.dirSync, critical: true, value };
}

export function readDirSync(controls: readonly Control[]): DirSync | undefined {
  return readValue(controls, controlOids.dirSync, (cursor, limit) => {
    const end = cursor.enter(berTags.sequence, limit);
    const more = cursor.integer(berTags.integer, end) !== 0;
    cursor.integer(berTags.integer, end);
    return { more, cookie: Buffer.from(cursor.content(berTags.octetString, end)) };
  });
}

export function assertion(filter: Filter): Control {
  return { oid: controlOids.assertion, critical: true, value: encode((writer) => writeFilter(writer, filter)) };
}

/** Of each entry, only the values that match one of the filters come back. */
export function matchedValues(filters: readonly Filter[]): Control {
  const value = encode((writer) => {
    writer.startSequence();
    for (const filter of filters) writeFilter(writer, filter);
    writer.endSequence();
  });
  return { oid: controlOids.matchedValues, critical: true, value };
}

/** Not critical: without the entry a write is still a write. */
export function postRead(attributes: readonly string[]): Control {
  return { oid: controlOids.postRead, critical: false, value: encodeSelection(attributes) };
}

export function preRead(attributes: readonly string[]): Control {
  return { oid: controlOids.preRead, critical: false, value: encodeSelection(attributes) };
}

export function readPostRead(controls: readonly Control[]): Entry | undefined {
  return readValue(controls, controlOids.postRead, readEntryValue);
}

/** Controls that are only an object identifier. */
export function plainControl(name: keyof typeof controlOids, critical: boolean): Control {
  return { oid: controlOids[name], critical };
}

/** The error of a password policy response: 0 passwordExpired … 5 insufficientPasswordQuality … 8 passwordInHistory. */
export function readPolicyError(controls: readonly Control[]): number | undefined {
  return readValue(controls, controlOids.passwordPolicy, (cursor, limit) => {
    const end = cursor.enter(berTags.sequence, limit);
    if (cursor.tag(end) === 0xa0) cursor.content(0xa0, end);
    return cursor.tag(end) === 0x81 ? cursor.integer(0x81, end) : undefined;
  });
}

function encodeSelection(attributes: readonly string[]): Buffer {
  return encode((writer) => {
    writer.startSequence();
    for (const name of attributes) writer.writeString(name);
    writer.endSequence();
  });
}

/** A server may send the entry as an application-tagged SearchResultEntry or, against the RFC, as a plain sequence. */
function readEntryValue(cursor: BerCursor, limit: number): Entry {
  return readEntry(cursor, cursor.enter(cursor.tag(limit) ?? berTags.sequence, limit));
}

function readValue<T>(controls: readonly Control[], oid: string, read: (cursor: BerCursor, limit: number) => T): T | undefined {
  const value = controls.find((control) => control.oid === oid)?.value;
  return value === undefined ? undefined : read(new BerCursor(value), value.length);
}
