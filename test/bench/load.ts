// Load over HTTP: keep-alive connections that send the next request when the last one is answered, by hand, to take little time themselves.
// RFC 9112; only answers with Content-Length or without a body are understood.
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Request {
  readonly method: 'GET' | 'PATCH';
  readonly target: string;
  readonly body?: string;
}

export interface Target {
  readonly port: number;
  readonly token: string;
}

export interface Answer {
  readonly status: number;
  readonly head: string;
  /** Octets of the body. */
  readonly length: number;
  readonly milliseconds: number;
}

export interface Load {
  /** Milliseconds of each request. */
  readonly times: readonly number[];
  readonly seconds: number;
  /** Octets of the last body. */
  readonly length: number;
}

const headEnd = Buffer.from('\r\n\r\n');

/** One connection. */
class Line {
  readonly #socket: Socket;
  readonly #token: string;
  #received: Buffer = Buffer.alloc(0);
  #head: string | undefined;
  #missing = 0;
  #length = 0;
  #done: { resolve(answer: Answer): void; reject(error: Error): void; readonly started: number } | undefined;

  constructor({ port, token }: Target) {
    this.#token = token;
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (piece) => this.#take(piece));
    this.#socket.on('error', (error) => this.#done?.reject(error));
    this.#socket.on('close', () => this.#done?.reject(new Error('the connection was closed')));
  }

  /** By the server, after it was idle for long. */
  get isClosed(): boolean {
    return this.#socket.destroyed || this.#socket.readableEnded;
  }

  send({ method, target, body }: Request): Promise<Answer> {
    const content = body === undefined ? '' : `Content-Type: application/scim+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
    const head = `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${this.#token}\r\n${content}\r\n`;
    if (this.isClosed) return Promise.reject(new Error('the connection was closed'));
    return new Promise((resolve, reject) => {
      this.#done = { resolve, reject, started: performance.now() };
      this.#socket.write(head + (body ?? ''));
    });
  }

  close(): void {
    this.#done = undefined;
    this.#socket.destroy();
  }

  #take(piece: Buffer): void {
    if (this.#head === undefined) {
      this.#received = this.#received.length === 0 ? piece : Buffer.concat([this.#received, piece]);
      const end = this.#received.indexOf(headEnd);
      if (end < 0) return;
      this.#head = this.#received.toString('latin1', 0, end);
      this.#length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#head)?.[1] ?? 0);
      this.#missing = this.#length - (this.#received.length - end - headEnd.length);
      this.#received = Buffer.alloc(0);
    } else {
      this.#missing -= piece.length;
    }
    if (this.#missing > 0) return;
    const [head, done] = [this.#head, this.#done];
    this.#head = undefined;
    this.#done = undefined;
    if (done)
      done.resolve({ status: Number(head.slice(9, 12)), head, length: this.#length, milliseconds: performance.now() - done.started });
  }
}

/** @throws Error for an answer that is no success: it would be measured for nothing */
function demandSuccess({ method, target }: Request, { status, head }: Answer): void {
  if (status < 200 || status > 299) throw new Error(`${method} ${target}: ${head.split('\r\n')[0]}`);
}

/** @param requestAt the request of that number */
export async function drive(target: Target, requestAt: (i: number) => Request, count: number, connections: number): Promise<Load> {
  const lines = Array.from({ length: Math.min(connections, count) }, () => new Line(target));
  const times: number[] = [];
  let [next, length] = [0, 0];
  const started = performance.now();
  try {
    await Promise.all(
      lines.map(async (line) => {
        for (let i = next++; i < count; i = next++) {
          const request = requestAt(i);
          const answer = await line.send(request);
          demandSuccess(request, answer);
          times.push(answer.milliseconds);
          length = answer.length;
        }
      }),
    );
  } finally {
    for (const line of lines) line.close();
  }
  return { times, seconds: (performance.now() - started) / 1000, length };
}

/** Requests at fixed times, whatever becomes of those before, until `isOver`: what somebody waits who comes at any time. */
export async function sample(
  target: Target,
  requestAt: (i: number) => Request,
  interval: number,
  isOver: () => boolean,
): Promise<readonly number[]> {
  const free: Line[] = [];
  const all = new Set<Line>();
  const pending: Promise<number>[] = [];
  const ask = async (request: Request): Promise<number> => {
    const started = performance.now();
    const line = takeOpen(free) ?? new Line(target);
    all.add(line);
    const answer = await line.send(request);
    demandSuccess(request, answer);
    free.push(line);
    return performance.now() - started;
  };
  const started = performance.now();
  for (let i = 0; !isOver(); i += 1) {
    pending.push(ask(requestAt(i)));
    await sleep(Math.max(0, started + (i + 1) * interval - performance.now()));
  }
  const times = await Promise.all(pending);
  for (const line of all) line.close();
  return times;
}

function takeOpen(lines: Line[]): Line | undefined {
  for (let line = lines.pop(); line; line = lines.pop()) if (!line.isClosed) return line;
  return undefined;
}

/** One request, whatever the answer; undefined where nobody listens. */
export async function askOnce(target: Target, request: Request): Promise<Answer | undefined> {
  const line = new Line(target);
  try {
    return await line.send(request);
  } catch {
    return undefined;
  } finally {
    line.close();
  }
}
