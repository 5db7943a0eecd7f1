// How much may be asked: requests of each client, and failed authentications from each address, in any minute.
// RFC 6585 section 4 (429 with Retry-After); the RateLimit headers are those of draft-ietf-httpapi-ratelimit-headers-08.
import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, MemoryStore, rateLimit, type RateLimitInfo } from 'express-rate-limit';
import { ScimError } from '../scim/error.ts';
import { exchangeOf } from './exchange.ts';

const minute = 60_000;

/** Middleware behind authentication; what a client has used outlives the reloads of the configuration. */
export function createClientLimit(): RequestHandler {
  return rateLimit({
    windowMs: minute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    validate: false,
    skip: (_request, response) => exchangeOf(response).client?.requestsPerMinute === undefined,
    limit: (_request, response) => exchangeOf(response).client?.requestsPerMinute ?? Infinity,
    keyGenerator: (_request, response) => exchangeOf(response).client?.name ?? '',
    handler: (request: Request & { readonly rateLimit?: RateLimitInfo }, _response, next) => {
      const { limit = 0, resetTime } = request.rateLimit ?? {};
      next(new ScimError(429, `This client may send ${limit} requests in a minute`, { retryAfter: secondsUntil(resetTime) }));
    },
  });
}

/** Counts failures by address, an IPv6 one by its network. Whoever authenticates is not held up by others behind the same address. */
export class FailedAuthentications {
  readonly #perMinute: number;
  readonly #store = new MemoryStore();

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
    this.#store.init({ windowMs: minute } as Parameters<MemoryStore['init']>[0]);
  }

  /** @returns what to answer instead; undefined as long as there are not too many */
  async count(address: string | undefined): Promise<ScimError | undefined> {
    const { totalHits, resetTime } = await this.#store.increment(ipKeyGenerator(address ?? ''));
    if (totalHits <= this.#perMinute) return undefined;
    return new ScimError(429, 'Too many attempts to authenticate have failed', { retryAfter: secondsUntil(resetTime) });
  }

  close(): void {
    this.#store.shutdown();
  }
}

function secondsUntil(time: Date | undefined): number {
  return Math.max(1, Math.ceil(((time?.getTime() ?? Date.now() + minute) - Date.now()) / 1000));
}
