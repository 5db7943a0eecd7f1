// What waits for an administrator, over all directories: the numbers of held changes are those of one file, so each is there once.
// No RFC; values are shown to the operator only, who may see the directory itself.
import type { Deferral } from './gateway/deferrals.ts';
import type { DirectoryState } from './gateway/guard-state.ts';
import type { Hold, HoldFilter } from './gateway/holds.ts';
import type { HoldDesk, HoldSelection } from './http/admin-holds.ts';
import type { Metric, Sample } from './metrics.ts';

export function createHoldDesk(states: () => ReadonlyMap<string, DirectoryState>): HoldDesk {
  const each = <T>({ directory, ...selection }: HoldSelection, ask: (state: DirectoryState, filter: HoldFilter) => readonly T[]): T[] => {
    const filter = filterOf(selection);
    return [...states()].flatMap(([name, state]) => (filter && (directory === undefined || directory === name) ? ask(state, filter) : []));
  };
  return {
    list: (selection) => each(selection, ({ holds }, filter) => holds.list(filter).map(describeHold)),
    decide: (selection, decision) => each(selection, ({ holds }, filter) => holds.decide(filter, decision).map(describeHold)),
    deferred: () => [...states()].flatMap(([directory, { deferrals }]) => deferrals.list().map((one) => describeDeferral(directory, one))),
  };
}

export function measureWaiting(states: ReadonlyMap<string, DirectoryState>): readonly Metric[] {
  const holds = [...states].flatMap(([directory, state]): Sample[] =>
    ['waiting', 'approved', 'refused'].map((name) => ({ labels: { directory, state: name }, value: state.holds.counts().get(name) ?? 0 })),
  );
  const deferred = [...states].map(([directory, { deferrals }]): Sample => ({ labels: { directory }, value: deferrals.list().length }));
  return [
    {
      name: 'scim_gateway_holds',
      help: 'Changes that wait for an administrator, or for the client after that.',
      samples: holds,
    },
    { name: 'scim_gateway_deferred_references', help: 'References to what does not exist yet.', samples: deferred },
  ];
}

/** Undefined: nothing can be meant. */
function filterOf({ state, ...rest }: Omit<HoldSelection, 'directory'>): HoldFilter | undefined {
  if (state === undefined) return rest;
  return state === 'waiting' || state === 'approved' || state === 'refused' ? { ...rest, state } : undefined;
}

function describeHold({ at, expires, decided, ...hold }: Hold): object {
  return { ...hold, at: formatTime(at), expires: formatTime(expires), ...(decided !== undefined && { decided: formatTime(decided) }) };
}

function describeDeferral(directory: string, { at, expires, ...deferral }: Deferral): object {
  return { directory, ...deferral, at: formatTime(at), expires: formatTime(expires) };
}

const formatTime = (time: number): string => new Date(time).toISOString();
