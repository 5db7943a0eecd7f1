// How much may be taken away within an hour: deletes, deactivations, members removed. What is over a limit is refused, to be tried later.
// RFC 6585 section 4 (429 with Retry-After): identity providers count any other 4xx as final.
import { DirectoryError } from '../ldap/directory.ts';
import { absoluteTrue } from '../ldap/filter.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import { attributeName } from '../mapping/read.ts';
import { idsOf } from '../mapping/rules/reference.ts';
import { ScimError } from '../scim/error.ts';
import type { Resource } from '../scim/schema.ts';
import { type Backend, searchScope } from './backend.ts';
import type { Counted, Counts } from './counts.ts';
import { type HeldWriteRequest, takeApproval } from './hold.ts';
import { reportLimit, reportPartialCount } from './journal.ts';
import { unrestricted } from './restriction.ts';

export type LimitedOperation = 'delete' | 'deactivate' | 'removeMember';

/** max(atLeast, min(perHour, percentOfPopulation of the entries in scope)) in any hour. */
export interface Limit {
  readonly operation: LimitedOperation;
  readonly perHour?: number | undefined;
  readonly percentOfPopulation?: number | undefined;
  readonly atLeast: number;
  /** A write that is over it is kept for an administrator; else it is refused. */
  readonly holds?: boolean;
}

/** What a plan takes away, and the resource types whose entries a percentage is of. */
export interface Loss {
  readonly operation: LimitedOperation;
  readonly count: number;
  readonly population: readonly ResourceMapping[];
}

/** What a limit says of a write before it is executed. */
export interface LimitVerdict {
  readonly operation: LimitedOperation;
  readonly count: number;
  /** Executed, or being executed, within the last hour. */
  readonly used: number;
  readonly limit: number;
  readonly allowed: boolean;
  /** Where it is not allowed, it is kept for an administrator. */
  readonly holds: boolean;
}

export const lossOfDelete = (resource: ResourceMapping): Loss => ({ operation: 'delete', count: 1, population: [resource] });

/** An account that becomes inactive, and members that are not there any more, however the request says so. */
export function lossesOfUpdate(backend: Backend, resource: ResourceMapping, before: Resource, after: Resource): readonly Loss[] {
  const stored = resource.rules.some((rule) => attributeName(rule) === 'active' && rule.access === 'readWrite');
  const deactivated = stored && before['active'] !== false && after['active'] === false;
  const left = new Set(idsOf(after['members']));
  const removed = idsOf(before['members']).filter((id) => !left.has(id));
  return [
    ...(deactivated ? [{ operation: 'deactivate' as const, count: 1, population: [resource] }] : []),
    ...(removed.length > 0 ? [lossOfMembers(backend, resource, removed.length)] : []),
  ];
}

/** A percentage of members is one of those who can be members, not of the groups. */
export function lossOfMembers({ mapping }: Backend, resource: ResourceMapping, count: number): Loss {
  const to = resource.membership?.to ?? [];
  const population = mapping.resources.filter(({ type }) => to.includes(type.name));
  return { operation: 'removeMember', count, population: population.length > 0 ? population : [resource] };
}

export const isLimited = ({ guards }: Backend, operation: LimitedOperation): boolean =>
  guards.limits?.some((limit) => limit.operation === operation) ?? false;

const hour = 3_600_000;
/** How long a population is good. */
const freshness = 300_000;

/** What was counted in one directory within the last hour. It outlives the gateways that it has one after the other, and with a store the process. */
export class Tally {
  readonly #now: () => number;
  readonly #store: Counts | undefined;
  #counted: readonly Counted[];
  /** Of what is counted here, in the store. */
  readonly #keys = new WeakMap<Counted, number>();
  readonly #populations = new WeakMap<ResourceMapping, { readonly at: number; readonly size: Promise<number> }>();

  /** @param now epoch milliseconds */
  constructor(now: () => number = Date.now, store?: Counts) {
    this.#now = now;
    this.#store = store;
    const known = store?.since(now() - hour) ?? [];
    for (const [key, counted] of known) this.#keys.set(counted, key);
    this.#counted = known.map(([, counted]) => counted);
  }

  used(operation: LimitedOperation): number {
    return this.#within(operation).reduce((sum, { count }) => sum + count, 0);
  }

  /** @returns how to give it back */
  count(losses: readonly Loss[]): () => void {
    const at = this.#now();
    const own: readonly Counted[] = losses.map(({ operation, count }) => ({ operation, count, at }));
    this.#counted = [...this.#counted.filter((each) => at - each.at < hour), ...own];
    for (const each of own) this.#keep(each, at - hour);
    return () => {
      this.#counted = this.#counted.filter((each) => !own.includes(each));
      for (const each of own) this.#drop(each);
    };
  }

  /** Seconds until `count` more are within the limit; an hour where they never are. */
  wait(operation: LimitedOperation, count: number, limit: number): number {
    let excess = this.used(operation) + count - limit;
    const last = this.#within(operation).find((each) => (excess -= each.count) <= 0);
    return Math.max(1, Math.ceil(((last?.at ?? this.#now()) + hour - this.#now()) / 1000));
  }

  /** Counted anew when the last count is some minutes old; requests at the same time share one. */
  population(resource: ResourceMapping, count: () => Promise<number>): Promise<number> {
    const known = this.#populations.get(resource);
    if (known && this.#now() - known.at < freshness) return known.size;
    const size = count();
    this.#populations.set(resource, { at: this.#now(), size });
    size.catch(() => this.#populations.delete(resource));
    return size;
  }

  #keep(counted: Counted, olderThan: number): void {
    if (this.#store) this.#keys.set(counted, this.#store.add(counted, olderThan));
  }

  #drop(counted: Counted): void {
    const key = this.#keys.get(counted);
    if (key !== undefined) this.#store?.remove(key);
    this.#keys.delete(counted);
  }

  #within(operation: LimitedOperation): readonly Counted[] {
    const now = this.#now();
    return this.#counted.filter((each) => each.operation === operation && now - each.at < hour);
  }
}

/** A reservation, for whoever executes the plan. */
export interface Reservation {
  /** Gives it back: it was not done. */
  readonly release: () => void;
  /** It was done. */
  readonly complete: () => void;
}

const nothingReserved: Reservation = { release: () => undefined, complete: () => undefined };

/**
 * Counts what a plan takes away before it is executed, all of it or nothing, so that of parallel requests no more pass than may.
 * Where nothing is executed, it is only judged. What an administrator has approved passes, and does not count.
 * @throws ScimError 429; 503 for what waits for an administrator
 */
export async function reserve(backend: Backend, losses: readonly Loss[], request?: () => HeldWriteRequest): Promise<Reservation> {
  const { tally, guards, observe, onLimit } = backend;
  const limits = guards.limits ?? [];
  const concerned = limits.flatMap((limit) => losses.flatMap((loss) => (loss.operation === limit.operation ? [{ limit, loss }] : [])));
  if (!tally || concerned.length === 0) return nothingReserved;
  const ceilings = await Promise.all(
    concerned.map(async ({ limit, loss }) => ({ loss, holds: limit.holds ?? false, limit: await ceilingOf(backend, tally, limit, loss) })),
  );
  // Nothing is awaited from here to the count.
  const verdicts = ceilings.map(({ loss: { operation, count }, limit, holds }): LimitVerdict => {
    const used = tally.used(operation);
    return { operation, count, used, limit, allowed: used + count <= limit, holds };
  });
  for (const verdict of verdicts) onLimit?.(verdict);
  const refused = verdicts.filter(({ allowed }) => !allowed);
  if (refused.length > 0) {
    const reason = refused.map(describeRefusal).join(' ');
    const isHeld = refused.every(({ holds }) => holds);
    const approved = isHeld ? takeApproval(backend, losses, reason, request) : undefined;
    if (approved && !(approved instanceof ScimError)) return approved;
    for (const verdict of refused) reportLimit(backend.name, verdict);
    if (approved) throw approved;
    const retryAfter = Math.max(...refused.map(({ operation, count, limit }) => tally.wait(operation, count, limit)));
    throw new ScimError(429, `${reason} Nothing was changed.`, { retryAfter });
  }
  return observe ? nothingReserved : { release: tally.count(losses), complete: () => undefined };
}

const words: Readonly<Record<LimitedOperation, string>> = {
  delete: 'deletes',
  deactivate: 'deactivations',
  removeMember: 'members removed',
};

function describeRefusal({ operation, count, used, limit }: LimitVerdict): string {
  const asked = count === 1 ? '' : `, and this request has ${count}`;
  return `The gateway allows ${limit} ${words[operation]} within an hour: there were ${used}${asked}.`;
}

async function ceilingOf(backend: Backend, tally: Tally, limit: Limit, { population }: Loss): Promise<number> {
  const { perHour = Infinity, percentOfPopulation, atLeast } = limit;
  // No percentage can make less of `atLeast`, or more of `perHour`.
  if (percentOfPopulation === undefined || perHour <= atLeast) return Math.max(atLeast, perHour);
  const sizes = await Promise.all(population.map((resource) => tally.population(resource, () => countScope(backend, resource))));
  const entries = sizes.reduce((sum, size) => sum + size, 0);
  return Math.max(atLeast, Math.min(perHour, Math.floor((entries * percentOfPopulation) / 100)));
}

/** Where the server cuts the search, or takes too long for it, there are at least as many as it gave. @throws DirectoryError when it does not answer */
async function countScope(backend: Backend, resource: ResourceMapping): Promise<number> {
  let size = 0;
  try {
    for await (const _entry of searchScope(unrestricted(backend), resource, absoluteTrue, [])) size += 1;
  } catch (error) {
    if (!(error instanceof DirectoryError) || (error.kind !== 'result' && error.kind !== 'timeout')) throw error;
    reportPartialCount(backend.name, resource.type.name, size, error.resultCode);
  }
  return size;
}
