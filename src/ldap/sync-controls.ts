// Content synchronization on the wire: the request, the state of each entry, what comes between entries, and the end.
// RFC 4533 sections 2.2 (request), 2.3 (state), 2.4 (done), 2.5 (info).
import { BerReader } from 'ldapts';
import { encode, type Control } from './message.ts';
import { enter, present, readOctets } from './response.ts';

export const syncOids = {
  request: '1.3.6.1.4.1.4203.1.9.1.1',
  state: '1.3.6.1.4.1.4203.1.9.1.2',
  done: '1.3.6.1.4.1.4203.1.9.1.3',
  info: '1.3.6.1.4.1.4203.1.9.1.4',
} as const;

export interface SyncState {
  readonly state: 'present' | 'add' | 'modify' | 'delete';
  readonly uuid: string;
  readonly cookie: string | undefined;
}

export interface SyncDone {
  readonly cookie: string | undefined;
  /** False: what was not mentioned is gone. */
  readonly refreshDeletes: boolean;
}

export type SyncInfo =
  | { readonly kind: 'newCookie'; readonly cookie: string }
  /** The end of a phase; after that of the present phase, what was not mentioned is gone. */
  | { readonly kind: 'refreshDelete' | 'refreshPresent'; readonly cookie: string | undefined }
  /** Entries that are gone, where `refreshDeletes`, or still there. */
  | { readonly kind: 'idSet'; readonly cookie: string | undefined; readonly refreshDeletes: boolean; readonly uuids: readonly string[] };

const [sequenceTag, setTag, octetStringTag, booleanTag] = [0x30, 0x31, 0x04, 0x01];
const refreshOnly = 1;
const states = ['present', 'add', 'modify', 'delete'] as const;

/** Refresh only; without a cookie everything comes. */
export function syncRequest(cookie: string | undefined): Control {
  const value = encode((writer) => {
    writer.startSequence();
    writer.writeEnumeration(refreshOnly);
    if (cookie !== undefined) writer.writeString(cookie);
    writer.endSequence();
  });
  return { oid: syncOids.request, critical: true, value };
}

export function readSyncState(controls: readonly Control[]): SyncState | undefined {
  return readValue(controls, syncOids.state, (reader, end) => {
    const state = states[present(reader.readEnumeration())];
    if (state === undefined) throw new Error('unknown synchronization state');
    return { state, uuid: readUuid(reader, end), cookie: readCookie(reader, end) };
  });
}

export function readSyncDone(controls: readonly Control[]): SyncDone | undefined {
  return readValue(controls, syncOids.done, (reader, end) => ({
    cookie: readCookie(reader, end),
    refreshDeletes: readBoolean(reader, end) ?? false,
  }));
}

/** @param value of an intermediate response. @throws Error when it is malformed */
export function readSyncInfo(value: Buffer): SyncInfo {
  const reader = new BerReader(value);
  const tag = present(reader.peek());
  if (tag === 0x80) return { kind: 'newCookie', cookie: readOctets(reader, tag, value.length).toString('utf8') };
  const end = enter(reader, tag, value.length);
  const cookie = readCookie(reader, end);
  if (tag === 0xa1) return { kind: 'refreshDelete', cookie };
  if (tag === 0xa2) return { kind: 'refreshPresent', cookie };
  if (tag !== 0xa3) throw new Error(`unknown synchronization message 0x${tag.toString(16)}`);
  const refreshDeletes = readBoolean(reader, end) ?? false;
  const setEnd = enter(reader, setTag, end);
  const uuids: string[] = [];
  while (reader.offset < setEnd) uuids.push(readUuid(reader, setEnd));
  return { kind: 'idSet', cookie, refreshDeletes, uuids };
}

function readValue<T>(controls: readonly Control[], oid: string, read: (reader: BerReader, end: number) => T): T | undefined {
  const value = controls.find((control) => control.oid === oid)?.value;
  if (value === undefined) return undefined;
  const reader = new BerReader(value);
  return read(reader, enter(reader, sequenceTag, value.length));
}

function readCookie(reader: BerReader, end: number): string | undefined {
  return reader.offset < end && reader.peek() === octetStringTag ? readOctets(reader, octetStringTag, end).toString('utf8') : undefined;
}

function readBoolean(reader: BerReader, end: number): boolean | undefined {
  return reader.offset < end && reader.peek() === booleanTag ? present(reader.readBoolean()) : undefined;
}

/** Sixteen octets, as the text that entryUUID has for them. */
function readUuid(reader: BerReader, end: number): string {
  const octets = readOctets(reader, octetStringTag, end);
  if (octets.length !== 16) throw new Error('syncUUID is not 16 octets long');
  const hex = octets.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
