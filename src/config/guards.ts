// The section `guards`: what no client may do, and where what they keep beyond a restart is. Paths are relative to the configuration.
// No RFC.
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { parseDefinition } from '../mapping/problems.ts';
import { guardsDefinition } from './definition.ts';

export type LoadedGuards = Omit<z.output<typeof guardsDefinition>, 'store'> & {
  /** Absolute; undefined: in memory. */
  readonly store: string | undefined;
};

export function loadGuards(data: unknown, from: string): LoadedGuards | undefined {
  const guards = parseDefinition(guardsDefinition, data ?? {}).value;
  return guards && { ...guards, store: guards.store === 'memory' ? undefined : resolve(dirname(from), guards.store) };
}
