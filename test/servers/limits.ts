// Puts the limits of a Windows domain controller, which Samba has not, in front of a server: MaxValRange and MaxPageSize.
// Test set-up only; MS-ADTS 3.1.1.3.4.6 (LDAP policies) and 3.1.1.3.1.3.3 (range retrieval), RFC 2696.
import type { AddressInfo, Socket } from 'node:net';
import { BerWriter } from 'ldapts';
import { PduFramer } from '../../src/ldap/framer.ts';
import { connectTo, listener, type TlsTarget } from './proxy.ts';

export interface Limits extends TlsTarget {
  readonly url: string;
  /** Searches that asked for a range of values. */
  readonly ranges: number;
  stop(): Promise<void>;
}

export interface LimitsOptions {
  /** Values of one attribute in one entry. */
  readonly maxValRange?: number;
  /** Entries of one page, and of a search without pages. */
  readonly maxPageSize?: number;
}

const [searchRequest, searchEntry, searchDone, controlsTag] = [0x63, 0x64, 0x65, 0xa0] as const;
const pagedResults = '1.2.840.113556.1.4.319';

/** What is known of a search that is under way. */
interface Search {
  entries: number;
  readonly limit: number;
}

export async function startLimits(target: TlsTarget, options: LimitsOptions = {}): Promise<Limits> {
  const { maxValRange = 1500, maxPageSize = 1000 } = options;
  const clients = new Set<Socket>();
  let ranges = 0;
  const server = listener(target, (client) => {
    const upstream = connectTo(target);
    const searches = new Map<number, Search>();
    clients.add(client);
    const couples = [
      [client, upstream],
      [upstream, client],
    ] as const;
    for (const [one, other] of couples) {
      one.on('error', () => one.destroy());
      one.on('close', () => {
        clients.delete(client);
        other.destroy();
      });
    }
    const requests = new PduFramer();
    client.on('data', (chunk) => {
      for (const pdu of requests.push(chunk)) {
        const message = readMessage(pdu);
        if (message.operation.tag === searchRequest) {
          if (/;range=/i.test(pdu.toString('latin1'))) ranges += 1;
          searches.set(message.id, beginSearch(message, maxPageSize));
        }
        upstream.write(message.operation.tag === searchRequest ? withSmallPages(message, maxPageSize) : pdu);
      }
    });
    const responses = new PduFramer();
    upstream.on('data', (chunk) => {
      for (const pdu of responses.push(chunk)) {
        const message = readMessage(pdu);
        const search = searches.get(message.id);
        const answer = search === undefined ? pdu : limitAnswer(message, search, maxValRange);
        if (message.operation.tag === searchDone) searches.delete(message.id);
        if (answer !== undefined) client.write(answer);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: '127.0.0.1',
    port,
    url: `ldaps://127.0.0.1:${port}`,
    ca: target.certificates.ca,
    certificates: target.certificates,
    get ranges() {
      return ranges;
    },
    async stop() {
      clients.forEach((client) => client.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One BER element: its tag, all its octets, and its content. */
interface Element {
  readonly tag: number;
  readonly whole: Buffer;
  readonly content: Buffer;
}

interface Message {
  readonly pdu: Buffer;
  readonly id: number;
  readonly idElement: Element;
  readonly operation: Element;
  readonly controls: Element | undefined;
}

function elementsOf(octets: Buffer): readonly Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < octets.length;) {
    const first = octets[at + 1] ?? 0;
    const size = first < 0x80 ? 0 : first & 0x7f;
    const start = at + 2 + size;
    const end = start + (size === 0 ? first : octets.readUIntBE(at + 2, size));
    elements.push({ tag: octets[at] ?? 0, whole: octets.subarray(at, end), content: octets.subarray(start, end) });
    at = end;
  }
  return elements;
}

const integerOf = ({ content }: Element): number => (content.length === 0 ? 0 : content.readIntBE(0, content.length));

function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const long = length < 0x10000 ? [0x82, length >> 8, length & 0xff] : [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...(length < 0x80 ? [length] : long)]), content]);
}

const text = (value: string): Buffer => element(0x04, Buffer.from(value));

function readMessage(pdu: Buffer): Message {
  const [idElement, operation, controls] = elementsOf(elementsOf(pdu)[0]?.content ?? pdu);
  if (idElement === undefined || operation === undefined) throw new Error('not an LDAP message');
  return { pdu, id: integerOf(idElement), idElement, operation, controls };
}

function beginSearch({ operation, controls }: Message, maxPageSize: number): Search {
  const [, , , sizeLimit] = elementsOf(operation.content);
  const asked = (sizeLimit === undefined ? 0 : integerOf(sizeLimit)) || Infinity;
  const isPaged = controls !== undefined && elementsOf(controls.content).some(isPagedResults);
  return { entries: 0, limit: isPaged ? asked : Math.min(asked, maxPageSize) };
}

const isPagedResults = (control: Element): boolean => elementsOf(control.content)[0]?.content.toString() === pagedResults;

/** The request with a page size that the limit allows. */
function withSmallPages({ pdu, idElement, operation, controls }: Message, maxPageSize: number): Buffer {
  if (controls === undefined) return pdu;
  const limited = elementsOf(controls.content).map((control) => {
    const parts = elementsOf(control.content);
    const value = parts.at(-1);
    const [size, cookie] = value === undefined ? [] : elementsOf(elementsOf(value.content)[0]?.content ?? Buffer.alloc(0));
    if (!isPagedResults(control) || size === undefined || cookie === undefined || integerOf(size) <= maxPageSize) return control.whole;
    const writer = new BerWriter();
    writer.writeInt(maxPageSize);
    return element(0x30, ...parts.slice(0, -1).map(({ whole }) => whole), element(0x04, element(0x30, writer.buffer, cookie.whole)));
  });
  return element(0x30, idElement.whole, operation.whole, element(controlsTag, ...limited));
}

/** The answer as it goes on; undefined for an entry beyond the limit. */
function limitAnswer(message: Message, search: Search, maxValRange: number): Buffer | undefined {
  const { pdu, operation, idElement } = message;
  if (operation.tag === searchEntry) {
    search.entries += 1;
    return search.entries > search.limit ? undefined : withRanges(message, maxValRange);
  }
  if (operation.tag !== searchDone || search.entries <= search.limit) return pdu;
  const sizeLimitExceeded = Buffer.from([0x0a, 1, 4]);
  return element(0x30, idElement.whole, element(searchDone, sizeLimitExceeded, text(''), text('00002024: sizeLimitExceeded')));
}

/** An attribute with too many values comes empty, with the first of them under a name that tells the range. */
function withRanges({ pdu, idElement, operation, controls }: Message, maxValRange: number): Buffer {
  const [name, list] = elementsOf(operation.content);
  if (name === undefined || list === undefined) return pdu;
  let isChanged = false;
  const attributes = elementsOf(list.content).flatMap((attribute) => {
    const [type, set] = elementsOf(attribute.content);
    const values = set === undefined ? [] : elementsOf(set.content);
    if (type === undefined || values.length <= maxValRange) return [attribute.whole];
    isChanged = true;
    const [, plain = type.content.toString(), first] = /^(.*);range=(\d+)-/i.exec(type.content.toString()) ?? [];
    const from = Number(first ?? 0);
    const some = element(0x31, ...values.slice(0, maxValRange).map(({ whole }) => whole));
    const ranged = element(0x30, text(`${plain};range=${from}-${from + maxValRange - 1}`), some);
    return first === undefined ? [element(0x30, text(plain), element(0x31)), ranged] : [ranged];
  });
  if (!isChanged) return pdu;
  return element(0x30, idElement.whole, element(searchEntry, name.whole, element(0x30, ...attributes)), controls?.whole ?? Buffer.alloc(0));
}
