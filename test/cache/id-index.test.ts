// Laws of the index of ids.
// No RFC.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashOctets, IdIndex } from '../../src/cache/id-index.ts';

describe('IdIndex', () => {
  it('finds what was added and not deleted, also where hashes collide', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ slot: fc.nat(40), isAdded: fc.boolean() }), { maxLength: 200 }),
        fc.constantFrom(1, 7, 1 << 20),
        (steps, spread) => {
          const [index, wanted] = [new IdIndex(), new Set<number>()];
          const hash = (at: number): number => hashOctets(Uint8Array.of(at % spread), 1);
          for (const { slot: at, isAdded } of steps) {
            if (isAdded && !wanted.has(at)) index.add(at, hash(at));
            if (!isAdded) index.delete(at);
            if (isAdded) wanted.add(at);
            else wanted.delete(at);
          }
          for (let at = 0; at <= 40; at += 1) expect(index.find(hash(at), (each) => each === at)).toBe(wanted.has(at) ? at : undefined);
        },
      ),
    );
  });
});
