// One client's session: whole messages out of the stream, operations in order, searches paused while the client reads slowly.
// RFC 4511 sections 4.1.1, 4.3, 4.11, 5.1 and 5.3.
import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import { DecodeError } from './ber.ts';
import type { Controls } from './control.ts';
import { readControls } from './control.ts';
import type { Directory } from './directory.ts';
import type { Operation, Request, SearchOperation } from './request.ts';
import { readRequest } from './request.ts';
import type { AnsweredKind, Result } from './response.ts';
import { success, writeDisconnection, writeResult, writeSearchEntry, writeSearchReference } from './response.ts';
import { OperationError, resultCode } from './result.ts';
import { anonymous, type Identity, type Paging, type Session } from './session.ts';

/** RFC 4511 section 4.14.1. */
const startTlsOid = '1.3.6.1.4.1.1466.20037';
/** Octets per message, as slapd has them (sockbuf_max_incoming). */
const longestMessage = { anonymous: 262_143, user: 4_194_303, administrator: 4_194_303 } as const;

export interface ServerTls {
  readonly secureContext: SecureContext;
  /** From the first octet, or when the client asks for it (RFC 4511 section 4.14). */
  readonly from: 'start' | 'request';
}

export class Connection {
  #socket: Socket;
  readonly #directory: Directory;
  readonly #paging: Paging = { lastId: 0, count: 0 };
  readonly #searches = new Map<number, { abandoned: boolean }>();
  readonly #tls: ServerTls | undefined;
  #isShakingHands = false;
  #identity: Identity = anonymous;
  #received: Buffer[] = [];
  #receivedLength = 0;
  #neededLength = 0;

  constructor(socket: Socket, directory: Directory, tls?: ServerTls) {
    this.#socket = socket;
    this.#directory = directory;
    this.#tls = tls;
    socket.setNoDelay(true);
    if (tls?.from === 'start') this.#secure(tls.secureContext);
    else this.#listen(socket);
  }

  #listen(socket: Socket): void {
    socket.on('data', (octets) => this.#receive(octets));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#abandonAll());
  }

  /** Tells the client before hanging up. */
  close(): void {
    this.#abandonAll();
    if (this.#isShakingHands) {
      this.#socket.destroy();
      return;
    }
    if (!this.#socket.destroyed) this.#socket.end(writeDisconnection(52, 'the server is shutting down'));
    this.#socket.destroySoon();
  }

  #receive(octets: Buffer): void {
    this.#received.push(octets);
    this.#receivedLength += octets.length;
    if (this.#receivedLength < this.#neededLength) return;
    const socket = this.#socket;
    let rest = this.#received.length === 1 ? octets : Buffer.concat(this.#received);
    try {
      for (;;) {
        const length = measureMessage(rest, longestMessage[this.#identity.kind]);
        this.#neededLength = length ?? 0;
        if (length === undefined || rest.length < length) break;
        this.#handle(readRequest(rest.subarray(0, length)));
        rest = rest.subarray(length);
        if (this.#socket.writableEnded || this.#socket.destroyed) return;
        if (this.#socket !== socket) rest = Buffer.alloc(0);
      }
    } catch (error) {
      this.#disconnect(error);
      return;
    }
    this.#received = rest.length === 0 ? [] : [rest];
    this.#receivedLength = rest.length;
  }

  /** What cannot be read is not answered but ends the session. */
  #disconnect(error: unknown): void {
    this.#abandonAll();
    this.#socket.end(writeDisconnection(resultCode.protocolError, error instanceof Error ? error.message : 'decoding error'));
    this.#socket.destroySoon();
  }

  #abandonAll(): void {
    for (const search of this.#searches.values()) search.abandoned = true;
    this.#searches.clear();
  }

  #handle({ id, operation, controls }: Request): void {
    const { kind } = operation;
    if (kind === 'unbind') {
      this.#abandonAll();
      this.#socket.end();
      return;
    }
    if (kind === 'abandon') {
      const abandoned = this.#searches.get(operation.target);
      if (abandoned !== undefined) abandoned.abandoned = true;
      return;
    }
    try {
      if (operation.kind === 'extended' && operation.oid === startTlsOid && this.#tls !== undefined) {
        this.#startTls(id, this.#tls);
        return;
      }
      const understood = readControls(kind, controls, this.#directory.face.controls);
      if (operation.kind === 'search') void this.#search(id, operation, understood);
      else this.#send(writeResult(id, kind, this.#perform(operation, understood)));
    } catch (error) {
      this.#send(writeResult(id, kind, describeFailure(error, kind)));
    }
  }

  #perform(operation: Exclude<Operation, { kind: 'unbind' | 'abandon' | 'search' }>, controls: Controls): Result {
    const [session, directory] = [this.#session, this.#directory];
    const { operations } = directory.face;
    switch (operation.kind) {
      case 'bind':
        this.#abandonAll();
        this.#identity = anonymous;
        this.#identity = operations.bind(operation, session, directory);
        return success;
      case 'compare':
        return { ...success, code: operations.compare(operation, controls, session, directory) };
      case 'add':
        return { ...success, controls: operations.add(operation, controls, session, directory) };
      case 'modify':
        return { ...success, controls: operations.modify(operation, controls, session, directory) };
      case 'delete':
        return { ...success, controls: operations.delete(operation, controls, session, directory) };
      case 'modifyDn':
        return { ...success, controls: operations.modifyDn(operation, controls, session, directory) };
      case 'extended':
        return operations.extended(operation, session, directory);
    }
  }

  get #session(): Session {
    return { identity: this.#identity, secured: this.#socket instanceof TLSSocket, paging: this.#paging };
  }

  /** RFC 4513 section 3.1: refused while operations are under way; what the client sent after it in clear is not looked at. */
  #startTls(id: number, { secureContext }: ServerTls): void {
    if (this.#socket instanceof TLSSocket || this.#searches.size > 0)
      throw new OperationError(resultCode.operationsError, 'TLS is there already, or operations are outstanding');
    this.#socket.removeAllListeners('data');
    this.#send(writeResult(id, 'extended', { ...success, responseName: startTlsOid }));
    this.#secure(secureContext);
  }

  #secure(secureContext: SecureContext): void {
    const clear = this.#socket;
    const secured = new TLSSocket(clear, { isServer: true, secureContext });
    clear.on('error', () => secured.destroy());
    this.#isShakingHands = true;
    secured.once('secure', () => {
      this.#isShakingHands = false;
    });
    this.#socket = secured;
    this.#listen(secured);
  }

  /** Runs as a whole within one turn unless the client falls behind. An abandoned search is never answered. */
  async #search(id: number, operation: SearchOperation, controls: Controls): Promise<void> {
    const state = { abandoned: false };
    this.#searches.set(id, state);
    try {
      const found = this.#directory.face.operations.search(operation, controls, this.#session, this.#directory);
      for (;;) {
        const next = found.next();
        if (next.done === true) {
          this.#send(writeResult(id, 'search', { ...success, controls: next.value }));
          return;
        }
        const pdu = 'uris' in next.value ? writeSearchReference(id, next.value) : writeSearchEntry(id, next.value);
        if (!this.#send(pdu)) await this.#drained();
        if (state.abandoned) return;
      }
    } catch (error) {
      if (!state.abandoned) this.#send(writeResult(id, 'search', describeFailure(error, 'search')));
    } finally {
      if (this.#searches.get(id) === state) this.#searches.delete(id);
    }
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#socket.off('drain', done).off('close', done);
        resolve();
      };
      this.#socket.on('drain', done).on('close', done);
    });
  }

  #send(pdu: Buffer): boolean {
    return !this.#socket.writable || this.#socket.write(pdu);
  }
}

/** The length of the message that the octets begin with, undefined while it cannot be known. */
function measureMessage(octets: Buffer, longest: number): number | undefined {
  const [tag, first] = octets;
  if (tag !== undefined && tag !== 0x30) throw new DecodeError('no LDAP message');
  if (first === undefined) return undefined;
  const lengthOctets = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthOctets > 4) throw new DecodeError('length of an LDAP message in a form that is not allowed');
  if (octets.length < 2 + lengthOctets) return undefined;
  const length = 2 + lengthOctets + (lengthOctets === 0 ? first : octets.readUIntBE(2, lengthOctets));
  if (length > longest) throw new DecodeError('message too long');
  return length;
}

function describeFailure(error: unknown, kind: AnsweredKind): Result {
  if (error instanceof OperationError)
    return { code: error.code, matchedDn: error.matchedDn, diagnostic: error.message, referrals: error.referrals };
  if (error instanceof DecodeError) return { code: resultCode.protocolError, matchedDn: '', diagnostic: error.message };
  return {
    code: resultCode.other,
    matchedDn: '',
    diagnostic: `internal error in ${kind}: ${error instanceof Error ? error.message : String(error)}`,
  };
}
