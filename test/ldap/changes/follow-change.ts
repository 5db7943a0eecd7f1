// A change from outside, and then what copies that are kept by the changes alone hold, beside what the directory holds.
// Test set-up only.
import type { Directory } from '../../../src/ldap/directory.ts';
import type { Watched } from '../../../src/ldap/changes/change-source.ts';
import type { Outside, OutsideChange } from './outside.ts';
import { type Contents, enumerate, type Replica } from './replica.ts';

interface Followed {
  readonly way: string;
  readonly contents: Contents;
  /** How often everything had to be read for it. */
  readonly resyncs: number;
}

/** @returns of each copy what it holds, and what it should, without reading everything again */
export async function followChange(
  { before, change }: OutsideChange,
  outside: Outside,
  watched: Watched,
  replicas: readonly (readonly [Directory, Replica])[],
): Promise<{ readonly kept: readonly Followed[]; readonly held: readonly Followed[] }> {
  await before?.(outside);
  for (const [directory, replica] of replicas) await replica.follow(directory);
  await change(outside);
  const kept: Followed[] = [];
  const held: Followed[] = [];
  for (const [directory, replica] of replicas) {
    const resyncs = replica.resyncs;
    await replica.follow(directory);
    const truth = await directory.session((session) => enumerate(session, watched, replica.stamp));
    if (truth.size === 0) throw new Error('nothing is in scope: there is nothing to compare');
    const way = `${replica.source.kind} ${replica.source.tellsDeletions ? 'with' : 'without'} deletions`;
    kept.push({ way, contents: replica.contents, resyncs: replica.resyncs - resyncs });
    held.push({ way, contents: truth, resyncs: 0 });
  }
  return { kept, held };
}
