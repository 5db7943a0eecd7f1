// Request bodies: from bytes off the wire to one JSON object, every limit applied before the work it limits.
// RFC 7644 sections 3.1 and 3.8; RFC 8259; RFC 9110 sections 8.3, 8.4, 15.5.14 and 15.5.16.
import { raw, type RequestHandler } from 'express';
import { isJsonObject } from '../scim/attribute-value.ts';
import { invalidSyntax, ScimError } from '../scim/error.ts';
import type { JsonObject } from '../scim/schema.ts';
import { callerOf } from './auth.ts';
import type { Exchange } from './exchange.ts';

const maxDepth = 50;

export type BodyReader = (exchange: Exchange) => Promise<JsonObject>;

/**
 * A reader of bodies up to `maxBytes`, counted as they stream in and again inflated. What is beyond is read and dropped: the connection
 * stays usable, and the listener's request timeout ends it if the client never stops.
 */
export function createBodyReader(maxBytes: number): BodyReader {
  const readRaw = raw({ limit: maxBytes, type: () => true });
  return async (exchange) => {
    checkMediaType(exchange.request.get('Content-Type'), callerOf(exchange).dialect.plainTextBodies);
    checkEncoding(exchange.request.get('Content-Encoding'));
    return parseBody(await readBytes(exchange, readRaw, maxBytes));
  };
}

/** @throws ScimError 415 */
function checkMediaType(value: string | undefined, lenient: boolean): void {
  if (value === undefined || value.trim() === '') return;
  const [type = '', ...parameters] = value
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const known = type === 'application/scim+json' || type === 'application/json' || (lenient && type === 'text/plain');
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  if (known && (charset === undefined || /^charset="?utf-?8"?$/.test(charset))) return;
  throw new ScimError(415, 'The body must be application/scim+json or application/json in UTF-8');
}

function checkEncoding(value: string | undefined): void {
  const encoding = value?.trim().toLowerCase() ?? '';
  if (!['', 'identity', 'gzip'].includes(encoding)) throw new ScimError(415, 'The body may be encoded with gzip, or not at all');
}

function readBytes({ request, response }: Exchange, readRaw: RequestHandler, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    readRaw(request, response, (error?: unknown) => {
      if (error === undefined) resolve(request.body instanceof Uint8Array ? request.body : new Uint8Array());
      else if (statusOf(error) === 413)
        reject(new ScimError(413, `The body is larger than the limit of ${maxBytes} bytes`, { cause: error }));
      else reject(invalidSyntax('The body could not be read: it is incomplete or not what its headers say', { cause: error }));
    });
  });
}

function statusOf(error: unknown): unknown {
  return error instanceof Error && 'status' in error ? error.status : undefined;
}

/** @throws ScimError invalidSyntax; its text never quotes the body */
export function parseBody(bytes: Uint8Array): JsonObject {
  if (bytes.length === 0) throw invalidSyntax('The body is empty');
  const text = decodeUtf8(bytes);
  if (text.startsWith('\ufeff')) throw invalidSyntax('The body begins with a byte order mark');
  checkDepth(text);
  const body = parseJson(text);
  if (!isJsonObject(body)) throw invalidSyntax('The body must be a JSON object');
  return body;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw invalidSyntax('The body is not UTF-8', { cause });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidSyntax('The body is not valid JSON');
  }
}

/** Counts brackets outside strings, so that no recursive reader behind this one can be driven too deep. */
function checkDepth(text: string): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > maxDepth) throw invalidSyntax(`The body is nested deeper than ${maxDepth} levels`);
    } else if (character === '}' || character === ']') depth -= 1;
  }
}
