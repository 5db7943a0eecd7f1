// The controls that the faces understand, decoded into one object per request, and their responses.
// RFC 2696 (paged results), RFC 3876 (matched values), RFC 4527 (pre-read, post-read), RFC 4528 (assertion), RFC 3296 (ManageDsaIT);
// MS-ADTS 3.1.1.3.4.1 for those of Active Directory.
import { BerReader, BerWriter } from 'ldapts';
import type { Filter } from '../ldap/filter.ts';
import { openElement, readAll, readInteger, readOctets, readText } from './ber.ts';
import { readFilter } from './filter-element.ts';
import type { Control, Operation } from './request.ts';
import { OperationError, resultCode } from './result.ts';
import type { EntryContent } from './response.ts';
import { encodeEntry } from './response.ts';

export const controlOid = {
  pagedResults: '1.2.840.113556.1.4.319',
  assertion: '1.3.6.1.1.12',
  preRead: '1.3.6.1.1.13.1',
  postRead: '1.3.6.1.1.13.2',
  matchedValues: '1.2.826.0.1.3344810.2.3',
  manageDsaIt: '2.16.840.1.113730.3.4.2',
  showDeleted: '1.2.840.113556.1.4.417',
  showRecycled: '1.2.840.113556.1.4.2064',
  permissiveModify: '1.2.840.113556.1.4.1413',
  treeDelete: '1.2.840.113556.1.4.805',
  domainScope: '1.2.840.113556.1.4.1339',
  securityDescriptorFlags: '1.2.840.113556.1.4.801',
} as const;

export interface ReadEntryRequest {
  readonly critical: boolean;
  readonly attributes: readonly string[];
}

export interface Controls {
  readonly paging?: { readonly critical: boolean; readonly size: number; readonly cookie: Buffer };
  readonly assertion?: Filter;
  /** Of each entry only the values that match one of these. */
  readonly matchedValues?: readonly Filter[];
  readonly preRead?: ReadEntryRequest;
  readonly postRead?: ReadEntryRequest;
  /** Entries that were deleted are found, too. */
  readonly showDeleted?: boolean;
  /** To add what is there and to remove what is not is no mistake. */
  readonly permissive?: boolean;
  /** Everything below goes, too. */
  readonly treeDelete?: boolean;
  /** No references to other naming contexts. */
  readonly domainScope?: boolean;
}

export type Kind = Operation['kind'];

/** The operations that each control may come with, by its OID. */
export type ControlSupport = ReadonlyMap<string, readonly Kind[]>;

const flags: ReadonlyMap<string, 'showDeleted' | 'permissive' | 'treeDelete' | 'domainScope' | undefined> = new Map([
  [controlOid.manageDsaIt, undefined],
  [controlOid.securityDescriptorFlags, undefined],
  [controlOid.showDeleted, 'showDeleted'],
  [controlOid.showRecycled, 'showDeleted'],
  [controlOid.permissiveModify, 'permissive'],
  [controlOid.treeDelete, 'treeDelete'],
  [controlOid.domainScope, 'domainScope'],
]);

/** RFC 4511 section 4.1.11: a critical control that is unknown, or makes no sense here, refuses the operation; others are ignored. */
export function readControls(kind: Kind, controls: readonly Control[], allowedOn: ControlSupport): Controls {
  const understood: { -readonly [K in keyof Controls]: Controls[K] } = {};
  const seen = new Set<string>();
  for (const { oid, critical, value } of controls) {
    if (!allowedOn.get(oid)?.includes(kind)) {
      if (critical) throw new OperationError(resultCode.unavailableCriticalExtension, 'critical extension is not recognized');
      continue;
    }
    if (seen.has(oid)) throw new OperationError(resultCode.protocolError, `control ${oid} specified multiple times`);
    seen.add(oid);
    if (flags.has(oid)) {
      const flag = flags.get(oid);
      if (flag !== undefined) understood[flag] = true;
      continue;
    }
    if (value === undefined) throw new OperationError(resultCode.protocolError, `control ${oid} has no value`);
    const body = new BerReader(value);
    if (oid === controlOid.pagedResults) understood.paging = { critical, ...readPaging(body) };
    else if (oid === controlOid.assertion) understood.assertion = readFilter(body);
    else if (oid === controlOid.matchedValues) understood.matchedValues = readAll(openElement(body), (reader) => readFilter(reader));
    else
      understood[oid === controlOid.preRead ? 'preRead' : 'postRead'] = {
        critical,
        attributes: readAll(openElement(body), (reader) => readText(reader)),
      };
  }
  return understood;
}

function readPaging(body: BerReader): { readonly size: number; readonly cookie: Buffer } {
  const paging = openElement(body);
  const size = readInteger(paging);
  if (size < 0) throw new OperationError(resultCode.protocolError, 'paged results control size invalid');
  return { size, cookie: Buffer.from(readOctets(paging)) };
}

/** An empty cookie says that this was the last page. */
export function writePaging(cookie: Buffer): Control {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(0);
  writer.writeBuffer(cookie, 0x04);
  writer.endSequence();
  return { oid: controlOid.pagedResults, critical: false, value: writer.buffer };
}

export function writeReadEntry(when: 'preRead' | 'postRead', entry: EntryContent): Control {
  return { oid: controlOid[when], critical: false, value: encodeEntry(entry) };
}
