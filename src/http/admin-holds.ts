// What waits, for the operator: changes to be approved or refused, and references to what does not exist yet.
// No RFC; described in docs/operations.md.
import { invalidValue, notFound } from '../scim/error.ts';
import { idOf, type Operations } from './endpoint.ts';
import type { Exchange } from './exchange.ts';
import type { Reply } from './reply.ts';

export type Decision = 'approved' | 'refused';

/** Which of the changes that wait: all that have these values. */
export interface HoldSelection {
  readonly id?: number;
  readonly directory?: string;
  readonly state?: string;
  readonly client?: string;
  readonly operation?: string;
  readonly resourceType?: string;
}

/** Whoever knows what waits. */
export interface HoldDesk {
  list(selection: HoldSelection): readonly object[];
  /** @returns those that were decided by it */
  decide(selection: HoldSelection, decision: Decision): readonly object[];
  deferred(): readonly object[];
}

export function addHolds(
  add: (pattern: string, operations: Operations) => void,
  desk: HoldDesk,
  report: (status: number, body: object) => Reply,
): void {
  const decideOne =
    (decision: Decision) =>
    (exchange: Exchange): Reply => {
      const id = readId(idOf(exchange));
      const [hold] = id === undefined ? [] : desk.list({ id });
      if (id === undefined || !hold) throw notFound('There is no held change with this number');
      desk.decide({ id }, decision);
      return report(200, desk.list({ id })[0] ?? hold);
    };
  const decideAll =
    (decision: Decision) =>
    (exchange: Exchange): Reply => {
      const selection = readSelection(exchange);
      if (Object.keys(selection).length === 0 && parametersOf(exchange).get('all') !== 'true')
        throw invalidValue('Say which: ?client=, ?operation=, ?resourceType=, ?directory=, or ?all=true');
      return report(200, { holds: desk.decide({ state: 'waiting', ...selection }, decision) });
    };
  add('/holds', { GET: (exchange) => report(200, { holds: desk.list(readSelection(exchange)) }) });
  add('/holds/approve', { POST: decideAll('approved') });
  add('/holds/refuse', { POST: decideAll('refused') });
  add('/holds/{id}', {
    GET: (exchange) => {
      const id = readId(idOf(exchange));
      const [hold] = id === undefined ? [] : desk.list({ id });
      if (!hold) throw notFound('There is no held change with this number');
      return report(200, hold);
    },
  });
  add('/holds/{id}/approve', { POST: decideOne('approved') });
  add('/holds/{id}/refuse', { POST: decideOne('refused') });
  add('/deferred', { GET: () => report(200, { deferred: desk.deferred() }) });
}

const parametersOf = ({ request }: Exchange): URLSearchParams => new URL(request.url, 'http://admin').searchParams;

const known = ['directory', 'state', 'client', 'operation', 'resourceType'] as const;

/** A misspelt parameter would select more than was meant. @throws ScimError invalidValue */
function readSelection(exchange: Exchange): HoldSelection {
  const parameters = parametersOf(exchange);
  const unknown = [...parameters.keys()].find((name) => name !== 'all' && !known.some((each) => each === name));
  if (unknown !== undefined) throw invalidValue(`${unknown} is no parameter: there is ${known.join(', ')}`);
  return Object.fromEntries(
    known.flatMap((name) => {
      const value = parameters.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

const readId = (text: string): number | undefined => (/^\d{1,15}$/.test(text) ? Number(text) : undefined);
