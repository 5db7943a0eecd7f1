// HTTP as bytes over a socket that stays open, because a decent client would refuse to send what is sent here.
// Test set-up only; RFC 9112.
import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  /** By lower-case name; several fields of one name are joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export class WireError extends Error {
  override readonly name = 'WireError';
}

interface Pending {
  readonly method: string;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** One connection at a time; another is opened when the server has closed it. */
export class Wire {
  readonly #port: number;
  #socket: Socket | undefined;
  #received = Buffer.alloc(0);
  #pending: Pending | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** @throws WireError when no whole answer comes within `deadline` milliseconds */
  async send(method: string, bytes: Buffer, deadline: number): Promise<Answer> {
    const socket = this.#socket ?? this.#open();
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.#pending = { method, resolve, reject };
        timer = setTimeout(() => reject(new WireError(`no answer within ${deadline} ms`)), deadline);
        socket.write(bytes);
      });
    } catch (error) {
      this.close();
      throw error;
    } finally {
      clearTimeout(timer);
      this.#pending = undefined;
    }
  }

  close(): void {
    this.#socket?.destroy();
    this.#drop();
  }

  #open(): Socket {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#socket = socket;
    let failure = 'the connection was closed without an answer';
    socket.on('data', (bytes: Buffer) => {
      if (socket === this.#socket) this.#receive(bytes);
    });
    socket.on('error', (error) => (failure = `the connection broke: ${error.message}`));
    socket.on('close', () => {
      if (socket !== this.#socket) return;
      this.#drop();
      this.#pending?.reject(new WireError(failure));
    });
    return socket;
  }

  #drop(): void {
    this.#socket = undefined;
    this.#received = Buffer.alloc(0);
  }

  #receive(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    const pending = this.#pending;
    try {
      const parsed = parseAnswer(this.#received, pending?.method ?? '');
      if (parsed === undefined) return;
      if (pending === undefined) throw new WireError('an answer that nobody asked for');
      this.#received = this.#received.subarray(parsed.length);
      if (parsed.answer.headers.get('connection')?.toLowerCase() === 'close') this.close();
      pending.resolve(parsed.answer);
    } catch (error) {
      pending?.reject(error instanceof Error ? error : new WireError(String(error)));
    }
  }
}

/** Bytes on a connection of their own, then the end; all the answers that come until the server closes it. */
export function sendRaw(port: number, bytes: Buffer, deadline: number): Promise<readonly Answer[]> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.end(bytes));
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new WireError(`the connection was not closed within ${deadline} ms`));
    }, deadline);
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    // A reset after the answer is how a server refuses the rest.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(timer);
      try {
        resolve(parseAll(Buffer.concat(received)));
      } catch (error) {
        reject(error);
      }
    });
  });
}

function parseAll(bytes: Buffer): readonly Answer[] {
  const answers: Answer[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const parsed = parseAnswer(rest, '');
    if (parsed === undefined) throw new WireError('the connection was closed within an answer');
    answers.push(parsed.answer);
    rest = rest.subarray(parsed.length);
  }
  return answers;
}

/** The first final answer in these bytes and how long it is; undefined while it is not whole. */
function parseAnswer(bytes: Buffer, method: string): { readonly answer: Answer; readonly length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1] ?? NaN);
  if (Number.isNaN(status)) throw new WireError(`no status line: ${first.slice(0, 80)}`);
  const begin = end + 4;
  if (status < 200) {
    const next = parseAnswer(bytes.subarray(begin), method);
    return next && { ...next, length: next.length + begin };
  }
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name = '', value = ''] = /^([!-9;-~]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === '') throw new WireError(`no header: ${line.slice(0, 80)}`);
    const before = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), before === undefined ? value : `${before}, ${value}`);
  }
  const hasBody = method !== 'HEAD' && status !== 204 && status !== 304;
  const length = hasBody ? Number(headers.get('content-length') ?? NaN) : 0;
  if (Number.isNaN(length)) throw new WireError(`an answer ${status} without a length`);
  if (bytes.length < begin + length) return undefined;
  return { answer: { status, headers, body: bytes.toString('utf8', begin, begin + length) }, length: begin + length };
}
