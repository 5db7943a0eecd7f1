// What goes wrong between the gateway and a directory, over slapd: for each fault what the client saw and what the directory then holds.
// 4.14 (error table; connection lost during a write), T-067 to T-069, L-004: no acknowledged write is lost, none is done twice.
import { afterEach, describe } from 'vitest';
import { cuts } from './faults/cuts.ts';
import { limits } from './faults/limits.ts';
import { refusals } from './faults/refusals.ts';
import { restarts } from './faults/restarts.ts';
import { slowness } from './faults/slowness.ts';

const parts = { restarts, cuts, slowness, limits, refusals } satisfies Record<string, (after: (cleanUp: () => unknown) => void) => void>;

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

for (const [name, part] of Object.entries(parts)) {
  describe(`${name}`, () => {
    part((cleanUp) => cleanUps.push(cleanUp));
  });
}
