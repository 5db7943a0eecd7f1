// Laws of sets of slots.
// No RFC.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bits } from '../../src/cache/bits.ts';

const slot = fc.nat(200);
const membersOf = (bits: Bits): readonly number[] => Array.from({ length: 300 }, (_, at) => at).filter((at) => bits.has(at));
const bitsOf = (slots: Iterable<number>): Bits => {
  const bits = new Bits();
  for (const each of slots) bits.add(each);
  return bits;
};
describe('Bits', () => {
  it('are sets', () => {
    fc.assert(
      fc.property(fc.array(slot), fc.array(slot), fc.array(slot), (added, other, removed) => {
        const [a, b] = [new Set(added), new Set(other)];
        const apply = (change: (bits: Bits) => void): readonly number[] => {
          const bits = bitsOf(a);
          change(bits);
          const found: number[] = [];
          for (let at = bits.next(0); at >= 0; at = bits.next(at + 1)) found.push(at);
          expect(found).toEqual(membersOf(bits));
          expect([bits.size, bits.isEmpty]).toEqual([found.length, found.length === 0]);
          return found;
        };
        const sorted = (slots: readonly number[]): readonly number[] => [...new Set(slots)].toSorted((x, y) => x - y);
        expect(apply((bits) => bits.unite(bitsOf(b)))).toEqual(sorted([...a, ...b]));
        expect(apply((bits) => bits.intersect(bitsOf(b)))).toEqual(sorted(added.filter((each) => b.has(each))));
        expect(apply((bits) => bits.subtract(bitsOf(b)))).toEqual(sorted(added.filter((each) => !b.has(each))));
        expect(apply((bits) => removed.forEach((each) => bits.delete(each)))).toEqual(
          sorted(added.filter((each) => !removed.includes(each))),
        );
      }),
    );
  });
});
