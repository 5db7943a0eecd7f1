// Reads one JSON document from another server: within a time and a size, without following redirects, trusting the given authorities.
// RFC 9110 section 9.3.1; RFC 8259.
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';

export interface FetchOptions {
  /** PEM texts of the authorities to trust instead of the system's. */
  readonly ca: readonly string[];
  /** Milliseconds for everything. */
  readonly timeout: number;
  readonly maxBytes?: number;
}

/** What is not 200. */
export class StatusError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`answered with status ${status}`);
    this.status = status;
  }
}

/** @throws StatusError; Error for what is no JSON, too large, too late or not to be had */
export async function fetchJson(url: string, { ca, timeout, maxBytes = 512 * 1024 }: FetchOptions): Promise<unknown> {
  const signal = AbortSignal.timeout(timeout);
  const response = await request(url, ca, signal);
  if (response.statusCode !== 200) {
    response.destroy();
    throw new StatusError(response.statusCode ?? 0);
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`answered with more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

function request(url: string, ca: readonly string[], signal: AbortSignal): Promise<IncomingMessage> {
  const headers = { Accept: 'application/json' };
  return new Promise((resolve, reject) => {
    const sent = url.startsWith('https:')
      ? getSecure(url, { headers, signal, ...(ca.length > 0 && { ca: [...ca] }) }, resolve)
      : getPlain(url, { headers, signal }, resolve);
    sent.once('error', reject);
  });
}
