// The controls this server understands, decoded into one object per request, and their responses.
// RFC 2696 (paged results), RFC 3876 (matched values), RFC 4527 (pre-read, post-read), RFC 4528 (assertion), RFC 3296 (ManageDsaIT).
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
}

type Kind = Operation['kind'];

const allowedOn: ReadonlyMap<string, readonly Kind[]> = new Map<string, readonly Kind[]>([
  [controlOid.pagedResults, ['search']],
  [controlOid.matchedValues, ['search']],
  [controlOid.assertion, ['search', 'compare', 'add', 'modify', 'delete', 'modifyDn']],
  [controlOid.preRead, ['modify', 'delete', 'modifyDn']],
  [controlOid.postRead, ['add', 'modify', 'modifyDn']],
  [controlOid.manageDsaIt, ['search', 'compare', 'add', 'modify', 'delete', 'modifyDn']],
]);

/** RFC 4511 section 4.1.11: a critical control that is unknown, or makes no sense here, refuses the operation; others are ignored. */
export function readControls(kind: Kind, controls: readonly Control[]): Controls {
  const understood: { -readonly [K in keyof Controls]: Controls[K] } = {};
  const seen = new Set<string>();
  for (const { oid, critical, value } of controls) {
    if (!allowedOn.get(oid)?.includes(kind)) {
      if (critical) throw new OperationError(resultCode.unavailableCriticalExtension, 'critical extension is not recognized');
      continue;
    }
    if (seen.has(oid)) throw new OperationError(resultCode.protocolError, `control ${oid} specified multiple times`);
    seen.add(oid);
    if (oid === controlOid.manageDsaIt) continue;
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
