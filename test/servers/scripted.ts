// An LDAP server that answers by script: for what no real server here can be made to do, such as value ranges and late or odd answers.
// Test set-up only; RFC 4511 section 4.
import net, { type AddressInfo } from 'node:net';
import { BerReader, BerWriter } from 'ldapts';
import { PduFramer } from '../../src/ldap/framer.ts';

export interface ScriptedRequest {
  readonly messageId: number;
  /** Tag of the operation: 0x60 bind, 0x63 search, 0x66 modify, 0x77 extended, 0x50 abandon … */
  readonly tag: number;
  /** Of a search. */
  readonly base: string;
  readonly sizeLimit: number;
  readonly attributes: readonly string[];
  readonly page: { readonly size: number; readonly cookie: string } | undefined;
  /** Of an abandon. */
  readonly abandons: number | undefined;
  /** Of an extended request. */
  readonly oid: string | undefined;
}

export type Reply = (...messages: readonly Buffer[]) => void;
export type Script = (request: ScriptedRequest, reply: Reply, socket: net.Socket) => void;

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly ScriptedRequest[];
  readonly connections: () => number;
  /** Sent to every client at once. */
  broadcast(message: Buffer): void;
  stop(): Promise<void>;
}

const pagedResultsOid = '1.2.840.113556.1.4.319';

/** Binds succeed, unless `script` answers them: it is asked first and says with `true` that it has. */
export async function startScripted(script: (...parameters: Parameters<Script>) => boolean | void): Promise<ScriptedServer> {
  const requests: ScriptedRequest[] = [];
  const sockets = new Set<net.Socket>();
  let connections = 0;
  const server = net.createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    const framer = new PduFramer();
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      for (const pdu of framer.push(chunk)) {
        const request = parseRequest(pdu);
        requests.push(request);
        const handled = script(request, (...messages) => socket.write(Buffer.concat(messages)), socket);
        if (handled !== true && request.tag === 0x60) socket.write(result(request.messageId, 0x61, 0));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `ldap://127.0.0.1:${port}`,
    port,
    requests,
    connections: () => connections,
    broadcast: (message) => sockets.forEach((socket) => socket.write(message)),
    stop: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function parseRequest(pdu: Buffer): ScriptedRequest {
  const reader = new BerReader(pdu);
  reader.readSequence();
  const messageId = reader.readInt() ?? 0;
  const tag = reader.peek() ?? 0;
  const request = { messageId, tag, base: '', sizeLimit: 0, attributes: [], page: undefined, abandons: undefined, oid: undefined };
  if (tag === 0x50) return { ...request, abandons: reader.readTag(0x50) ?? 0 };
  reader.readSequence();
  const end = reader.offset + reader.length;
  if (tag === 0x77) return { ...request, oid: reader.readString(0x80) ?? '' };
  if (tag !== 0x63) return request;
  const base = reader.readString() ?? '';
  reader.readEnumeration();
  reader.readEnumeration();
  const sizeLimit = reader.readInt() ?? 0;
  reader.readInt();
  reader.readBoolean();
  skip(reader);
  reader.readSequence();
  const attributes: string[] = [];
  while (reader.offset < end) attributes.push(reader.readString() ?? '');
  return { ...request, base, sizeLimit, attributes, page: parsePage(reader) };
}

function parsePage(reader: BerReader): ScriptedRequest['page'] {
  if (reader.remain === 0) return undefined;
  reader.readSequence(0xa0);
  while (reader.remain > 0) {
    reader.readSequence();
    const end = reader.offset + reader.length;
    if (reader.readString() === pagedResultsOid) {
      reader.readBoolean();
      const value = new BerReader(reader.readString(0x04, true) ?? Buffer.alloc(0));
      value.readSequence();
      return { size: value.readInt() ?? 0, cookie: value.readString() ?? '' };
    }
    reader.offset = end;
  }
  return undefined;
}

function skip(reader: BerReader): void {
  reader.readSequence();
  reader.offset += reader.length;
}

/** LDAPResult under `tag` (0x61 bind, 0x65 search, 0x67 modify, 0x78 extended), with a paged results cookie when given. */
export function result(
  messageId: number,
  tag: number,
  resultCode: number,
  options: { cookie?: string; diagnostic?: string; oid?: string; value?: string } = {},
): Buffer {
  return message(messageId, (writer) => {
    writer.startSequence(tag);
    writer.writeEnumeration(resultCode);
    writer.writeString('');
    writer.writeString(options.diagnostic ?? '');
    if (options.oid !== undefined) writer.writeString(options.oid, 0x8a);
    if (options.value !== undefined) writer.writeString(options.value, 0x8b);
    writer.endSequence();
    if (options.cookie === undefined) return;
    const value = new BerWriter();
    value.startSequence();
    value.writeInt(0);
    value.writeString(options.cookie);
    value.endSequence();
    writer.startSequence(0xa0);
    writer.startSequence();
    writer.writeString(pagedResultsOid);
    writer.writeBuffer(value.buffer, 0x04);
    writer.endSequence();
    writer.endSequence();
  });
}

export function entry(messageId: number, dn: string, attributes: Readonly<Record<string, readonly string[]>>): Buffer {
  return message(messageId, (writer) => {
    writer.startSequence(0x64);
    writer.writeString(dn);
    writer.startSequence();
    for (const [name, values] of Object.entries(attributes)) {
      writer.startSequence();
      writer.writeString(name);
      writer.startSequence(0x31);
      for (const value of values) writer.writeString(value);
      writer.endSequence();
      writer.endSequence();
    }
    writer.endSequence();
    writer.endSequence();
  });
}

export function reference(messageId: number, ...uris: readonly string[]): Buffer {
  return message(messageId, (writer) => {
    writer.startSequence(0x73);
    for (const uri of uris) writer.writeString(uri);
    writer.endSequence();
  });
}

export function intermediate(messageId: number, oid: string, value: Buffer): Buffer {
  return message(messageId, (writer) => {
    writer.startSequence(0x79);
    writer.writeString(oid, 0x80);
    writer.writeBuffer(value, 0x81);
    writer.endSequence();
  });
}

function message(messageId: number, write: (writer: BerWriter) => void): Buffer {
  const writer = new BerWriter({ size: 1 << 20 });
  writer.startSequence();
  writer.writeInt(messageId);
  write(writer);
  writer.endSequence();
  return Buffer.from(writer.buffer);
}

/** Answers root DSE, schema and base searches well enough for a gateway to become ready. */
export function answerProbe(request: ScriptedRequest, reply: Reply, base: string, options: { paging?: boolean } = {}): boolean {
  const { messageId, tag } = request;
  if (tag !== 0x63) return false;
  const done = result(messageId, 0x65, 0, request.page === undefined ? {} : { cookie: '' });
  if (request.base === '') {
    const controls = options.paging === true ? [pagedResultsOid] : [];
    reply(entry(messageId, '', { namingContexts: [base], subschemaSubentry: ['cn=Subschema'], supportedControl: controls }), done);
  } else if (request.base === 'cn=Subschema') {
    reply(entry(messageId, request.base, { attributeTypes: ["( 2.5.4.3 NAME 'cn' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"] }), done);
  } else if (request.base === base && request.attributes.includes('1.1')) {
    reply(entry(messageId, base, {}), done);
  } else return false;
  return true;
}
