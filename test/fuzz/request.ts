// A request of the fuzz run, and its bytes on a connection.
// Test set-up only; RFC 9112.

export interface FuzzRequest {
  readonly method: string;
  /** Path and query as they are in the request line. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer | undefined;
  /** The body goes out in chunks. */
  readonly chunked: boolean;
  /** All of it, for a connection of its own: no well-formed HTTP, or ended too early. */
  readonly raw?: Buffer;
  /** The body before it was encoded. */
  readonly plain?: Buffer | undefined;
  /** What a body that nobody spoiled says. */
  readonly meant?: Readonly<Record<string, unknown>>;
}

export const basePath = '/scim/v2';

/** The path below the base path, without the query. */
export function pathOf({ target }: FuzzRequest): string {
  const path = target.replace(/^http:\/\/[^/]*/, '').split(/[?#]/)[0] ?? '';
  return path.startsWith(basePath) ? path.slice(basePath.length) : path;
}

/** The bytes of a request on a connection that stays open. */
export function writeRequest({ method, target, headers, body, chunked }: FuzzRequest): Buffer {
  const framing = body === undefined ? [] : [chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`];
  const head = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`), ...framing, '', ''].join('\r\n');
  if (body === undefined || !chunked) return Buffer.concat([Buffer.from(head, 'latin1'), body ?? Buffer.alloc(0)]);
  const half = body.length >> 1;
  const chunk = (part: Buffer): Buffer[] =>
    part.length === 0 ? [] : [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')];
  return Buffer.concat([
    Buffer.from(head, 'latin1'),
    ...chunk(body.subarray(0, half)),
    ...chunk(body.subarray(half)),
    Buffer.from('0\r\n\r\n'),
  ]);
}
