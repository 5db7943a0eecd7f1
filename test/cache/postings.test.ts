// Laws of the lists of who refers to a node.
// No RFC.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Postings } from '../../src/cache/postings.ts';

describe('Postings', () => {
  it('hold each row as often as it refers to a node', () => {
    const step = fc.record({ node: fc.nat(3), slot: fc.nat(3), isAdded: fc.boolean() });
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 10 }), { maxLength: 10 }), (batches) => {
        const postings = new Postings();
        const wanted = new Map<number, number[]>();
        for (const batch of batches) {
          for (const { node, slot: at, isAdded } of batch) {
            const held = wanted.get(node) ?? [];
            wanted.set(node, held);
            if (isAdded) {
              postings.add(node, at);
              held.push(at);
            } else if (held.includes(at)) {
              postings.noteRemoval(node, at);
              held.splice(held.indexOf(at), 1);
            }
          }
          postings.removeNoted();
          for (let node = 0; node <= 3; node += 1) {
            const found: number[] = [];
            postings.someSlot(node, (each) => found.push(each) < 0);
            expect(found.toSorted()).toEqual((wanted.get(node) ?? []).toSorted());
          }
        }
      }),
    );
  });
});
