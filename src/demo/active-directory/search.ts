// Search and compare as a domain controller does them: pages of at most a thousand, values in ranges, referrals from the domain's root.
// MS-ADTS 3.1.1.3.1.3 and 3.1.1.3.4.6; RFC 2696, with cookies that stand for themselves: many paged searches on one connection.
import type { SearchOperation, Control, Operation } from '../request.ts';
import { writePaging } from '../control.ts';
import { compileFilter, findCandidates, type Predicate } from '../filter.ts';
import { nameKey } from '../names.ts';
import type { Node } from '../node.ts';
import type { EntryContent, Reference } from '../response.ts';
import { OperationError, resultCode } from '../result.ts';
import { findEntry, isVisible, mayRead, readName, requireBind, type Call } from './call.ts';
import { filterContext } from './filter.ts';
import { maxPageSize } from './limits.ts';
import { readRangedSelection, selectRanges } from './ranges.ts';
import { refuseAttribute, refuseConversion, refuseRequest } from './refusal.ts';
import { adSchema } from './schema.ts';

type Found = Generator<EntryContent | Reference, Control[]>;

export function* search(operation: SearchOperation, call: Call): Found {
  const { tree, unlisted } = call.directory;
  const { base, scope, filter, attributes, typesOnly } = operation;
  const selection = readRangedSelection(attributes, typesOnly);
  const matches = compileFilter(filter, filterContext(tree));
  if (base !== '' || scope !== 'base') requireBind(call);
  const dn = readName(base, call);
  const special = scope === 'base' ? unlisted.get(nameKey(dn)) : undefined;
  if (special !== undefined) {
    // The root DSE has no object class, and is asked for one all the same.
    const isAny = filter.kind === 'present' && special.dn.rdns.length === 0;
    if (isAny || matches(special) === true) yield selectRanges(special, selection);
    return endPaging(call);
  }
  const node = findEntry(dn, call);
  const paging = call.controls.paging && { size: call.controls.paging.size, after: readCookie(call.controls.paging.cookie) };
  const found = listMatches(node, operation, matches, call, paging?.after ?? 0);
  const pageSize = Math.min(paging?.size ?? Infinity, maxPageSize);
  let [sent, last] = [0, 0];
  for (const entry of found) {
    if (paging !== undefined && sent === pageSize) return [writePaging(writeCookie(last))];
    if (sent === Math.min(operation.sizeLimit || Infinity, paging ? Infinity : maxPageSize))
      throw new OperationError(resultCode.sizeLimitExceeded, '');
    yield selectRanges(entry, selection);
    [sent, last] = [sent + 1, entry.id];
  }
  if (scope === 'sub' && node.parent === undefined && call.controls.domainScope !== true) yield* continuations(call);
  return endPaging(call);
}

/** In the order of their making, behind the entry with that id. */
function* listMatches(base: Node, { scope, filter }: SearchOperation, matches: Predicate, call: Call, after: number): Generator<Node> {
  const { tree } = call.directory;
  const candidates = scope === 'base' ? undefined : findCandidates(filter, tree, adSchema);
  const nodes =
    candidates === undefined
      ? tree.inScope(base, scope)
      : [...candidates]
          .filter((node) => (scope === 'one' ? node.parent === base : node.isUnder(base)))
          .toSorted((one, other) => one.id - other.id);
  for (const node of nodes) if (node.id > after && tree.has(node) && isVisible(node, call) && matches(node) === true) yield node;
}

/** The naming contexts below the domain, which a search of the whole domain would have to go on with. */
function* continuations({ domain }: Call): Generator<Reference> {
  const { dnsName, suffix } = domain;
  for (const zones of ['ForestDnsZones', 'DomainDnsZones']) yield { uris: [`ldap://${zones}.${dnsName}/DC=${zones},${suffix}`] };
  yield { uris: [`ldap://${dnsName}/CN=Configuration,${suffix}`] };
}

const cookieLength = 8;

function writeCookie(lastId: number): Buffer {
  const cookie = Buffer.alloc(cookieLength);
  cookie.writeBigUInt64LE(BigInt(lastId));
  return cookie;
}

function readCookie(cookie: Buffer): number {
  if (cookie.length === 0) return 0;
  if (cookie.length !== cookieLength) throw refuseRequest(resultCode.unavailableCriticalExtension, '00000057', 'Error processing control');
  return Number(cookie.readBigUInt64LE());
}

function endPaging({ controls }: Call): Control[] {
  return controls.paging === undefined ? [] : [writePaging(Buffer.alloc(0))];
}

/** @returns compareTrue or compareFalse */
export function compare({ dn, description, value }: Operation & { kind: 'compare' }, call: Call): number {
  requireBind(call);
  const node = findEntry(readName(dn, call), call);
  const type = adSchema.attribute(description);
  if (type === undefined) throw refuseConversion();
  if (!mayRead(node, type) || node.find([type]).length === 0)
    throw refuseAttribute(resultCode.noSuchAttribute, '00002080', 'noAttribute', type.name);
  const matches = compileFilter({ kind: 'equal', attribute: description, value }, filterContext(call.directory.tree));
  return matches(node) === true ? resultCode.compareTrue : resultCode.compareFalse;
}
