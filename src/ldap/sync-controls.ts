// Content synchronization on the wire: the request, the state of each entry, what comes between entries, and the end.
// RFC 4533 sections 2.2 (request), 2.3 (state), 2.4 (done), 2.5 (info).
import { BerCursor, berTags } from './ber.ts';
import { encode, type Control } from './message.ts';
import { formatUuid } from './syntax.ts';

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

const { sequence, set, octetString, boolean, enumerated } = berTags;
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
  return readValue(controls, syncOids.state, (cursor, end) => {
    const state = states[cursor.integer(enumerated, end)];
    if (state === undefined) throw new Error('unknown synchronization state');
    return { state, uuid: readUuid(cursor, end), cookie: readCookie(cursor, end) };
  });
}

export function readSyncDone(controls: readonly Control[]): SyncDone | undefined {
  return readValue(controls, syncOids.done, (cursor, end) => ({
    cookie: readCookie(cursor, end),
    refreshDeletes: readBoolean(cursor, end) ?? false,
  }));
}

/** @param value of an intermediate response. @throws Error when it is malformed */
export function readSyncInfo(value: Buffer): SyncInfo {
  const cursor = new BerCursor(value);
  const tag = cursor.tag(value.length) ?? 0;
  if (tag === 0x80) return { kind: 'newCookie', cookie: cursor.text(tag, value.length) };
  const end = cursor.enter(tag, value.length);
  const cookie = readCookie(cursor, end);
  if (tag === 0xa1) return { kind: 'refreshDelete', cookie };
  if (tag === 0xa2) return { kind: 'refreshPresent', cookie };
  if (tag !== 0xa3) throw new Error(`unknown synchronization message 0x${tag.toString(16)}`);
  const refreshDeletes = readBoolean(cursor, end) ?? false;
  const setEnd = cursor.enter(set, end);
  const uuids: string[] = [];
  while (cursor.at < setEnd) uuids.push(readUuid(cursor, setEnd));
  return { kind: 'idSet', cookie, refreshDeletes, uuids };
}

function readValue<T>(controls: readonly Control[], oid: string, read: (cursor: BerCursor, end: number) => T): T | undefined {
  const value = controls.find((control) => control.oid === oid)?.value;
  if (value === undefined) return undefined;
  const cursor = new BerCursor(value);
  return read(cursor, cursor.enter(sequence, value.length));
}

function readCookie(cursor: BerCursor, end: number): string | undefined {
  return cursor.tag(end) === octetString ? cursor.text(octetString, end) : undefined;
}

function readBoolean(cursor: BerCursor, end: number): boolean | undefined {
  return cursor.tag(end) === boolean ? cursor.boolean(end) : undefined;
}

/** Sixteen octets, as the text that entryUUID has for them. */
function readUuid(cursor: BerCursor, end: number): string {
  const octets = cursor.content(octetString, end);
  if (octets.length !== 16) throw new Error('syncUUID is not 16 octets long');
  return formatUuid(octets);
}
