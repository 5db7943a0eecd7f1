// What no real client does: LDAP requests as octets whenever a test wants, and whatever comes back.
// Test set-up only.
import { connect, type Socket } from 'node:net';
import { PduFramer } from '../../src/ldap/framer.ts';
import { encodeMessage, type Request } from '../../src/ldap/message.ts';
import { decodeMessage, type Response } from '../../src/ldap/response.ts';

/** A client without manners: raw octets out, decoded responses in. */
export class RawClient {
  readonly responses: Response[] = [];
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #waiting: (() => void)[] = [];

  constructor(port: number, host = '127.0.0.1') {
    this.#socket = connect(port, host);
    const framer = new PduFramer();
    this.#socket.on('data', (chunk) => {
      for (const pdu of framer.push(chunk)) this.responses.push(decodeMessage(pdu));
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.closed = new Promise((resolve) => this.#socket.on('close', () => resolve()));
    this.#socket.on('error', () => undefined);
  }

  send(octets: Buffer): this {
    this.#socket.write(octets);
    return this;
  }

  request(id: number, request: Request): this {
    return this.send(encodeMessage(id, request));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  async result(id: number): Promise<Response & { kind: 'result' }> {
    for (;;) {
      const found = this.responses.find((response) => response.kind === 'result' && response.messageId === id);
      if (found?.kind === 'result') return found;
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  async code(id: number): Promise<number> {
    return (await this.result(id)).result.resultCode;
  }

  close(): void {
    this.#socket.destroy();
  }
}
