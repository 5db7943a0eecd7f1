// Answers as data, and `send`, the only writer of bodies. Everything leaves as complete text with its length, so HEAD equals GET.
// RFC 7644 sections 3.8 (media types) and 3.12 (errors); RFC 9110 sections 8.3, 8.6 and 9.3.2.
import type { Dialect } from '../scim/dialects.ts';
import type { ScimError, ScimType } from '../scim/error.ts';
import type { Exchange } from './exchange.ts';

export interface Reply {
  readonly status: number;
  /** Complete JSON text; without it and `pieces` the answer has no body. */
  readonly text?: string;
  /** Instead of `text`: what it consists of, as UTF-8. */
  readonly pieces?: readonly Buffer[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly scimType?: ScimType | undefined;
  /** Instead of what the client accepts. */
  readonly mediaType?: string;
}

/** Writes the answer; nothing else in this layer does. */
export function send(exchange: Exchange, reply: Reply): void {
  const { request, response } = exchange;
  exchange.scimType = reply.scimType;
  response.statusCode = reply.status;
  response.setHeader('Cache-Control', 'private, no-cache');
  response.vary('Accept');
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  const { text, pieces } = reply;
  if (text === undefined && pieces === undefined) {
    response.end();
    return;
  }
  response.setHeader('Content-Type', reply.mediaType ?? chooseMediaType(request.get('Accept'), exchange.client?.dialect));
  const length = pieces?.reduce((sum, piece) => sum + piece.length, 0) ?? Buffer.byteLength(text ?? '');
  response.setHeader('Content-Length', length);
  // Node leaves the octets out of an answer to HEAD. A text goes out together with the headers, in one write.
  if (pieces === undefined) {
    response.end(text);
    return;
  }
  response.cork();
  for (const piece of pieces.slice(0, -1)) response.write(piece);
  response.end(pieces.at(-1));
}

export function json(status: number, body: unknown, headers: Reply['headers'] = {}): Reply {
  return { status, text: JSON.stringify(body), headers };
}

export function errorReply(error: ScimError, headers: Reply['headers'] = {}): Reply {
  const retry: Reply['headers'] = error.retryAfter === undefined ? {} : { 'Retry-After': String(Math.ceil(error.retryAfter)) };
  return { ...json(error.status, error, { 'Cache-Control': 'no-store', ...retry, ...headers }), scimType: error.scimType };
}

/** `application/scim+json`, unless the client takes `application/json` and not that: never 406. */
function chooseMediaType(accept = '*/*', dialect: Dialect | undefined): string {
  if (dialect && dialect.responseMediaType !== 'accepted') return dialect.responseMediaType;
  const scim = 'application/scim+json';
  const ranges = new Map(accept.toLowerCase().split(',').map(readMediaRange));
  const accepts = (type: string): boolean => ranges.get(type) ?? ranges.get('application/*') ?? ranges.get('*/*') ?? false;
  return !accepts(scim) && accepts('application/json') ? 'application/json' : scim;
}

/** The range and whether it is wanted at all (`q=0`); how much, and parameters such as `charset`, make no difference here. */
function readMediaRange(text: string): [type: string, wanted: boolean] {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim());
  return [type, !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter))];
}
