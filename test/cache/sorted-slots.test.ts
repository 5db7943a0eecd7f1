// Slots stay sorted whatever changes, and any choice of them is found in order.
// RFC 7644 section 3.4.2.3.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Bits } from '../../src/cache/bits.ts';
import { Slice } from '../../src/cache/slice.ts';
import { SortedSlots } from '../../src/cache/sorted-slots.ts';

const most = 600;
const change = fc.uniqueArray(fc.record({ slot: fc.nat(most - 1), value: fc.option(fc.nat(50), { nil: undefined }) }), {
  selector: ({ slot }) => slot,
  maxLength: 60,
});
const settings = fc.record({
  first: fc.integer({ min: 0, max: most }),
  changes: fc.array(change, { maxLength: 12 }),
  share: fc.constantFrom(0, 1, 7, 60, 600),
  putsAtOnce: fc.boolean(),
});

it('is the order of what is there, however much was left out and put in again', async () => {
  await fc.assert(
    fc.asyncProperty(settings, async ({ first, changes, share, putsAtOnce }) => {
      const values = new Map(Array.from({ length: first }, (_, slot) => [slot, (slot * 7) % 50]));
      const compare = (a: number, b: number): number => values.get(a)! - values.get(b)! || a - b;
      const sortedNow = (): readonly number[] => [...values.keys()].toSorted(compare);
      const sorted = new SortedSlots(Uint32Array.from(sortedNow()), compare);
      for (const each of changes) {
        sorted.leaveOut(each.map(({ slot }) => slot));
        for (const { slot, value } of each) {
          if (value === undefined) values.delete(slot);
          else values.set(slot, value);
        }
        const put = each.map(({ slot }) => slot).filter((slot) => values.has(slot));
        for (const some of putsAtOnce ? [put] : put.map((slot) => [slot])) sorted.put(some);
        const wanted = sortedNow();
        const { list } = sorted;
        expect([...list.toArray()]).toEqual(wanted);
        expect(Array.from({ length: list.length + 2 }, (_, at) => list.at(at - 1))).toEqual([undefined, ...wanted, undefined]);
        const isChosen = (slot: number): boolean => (slot * 31) % most < share;
        const slots = wanted.filter(isChosen);
        const bits = new Bits();
        for (const slot of slots) bits.add(slot);
        expect([...(await sorted.choose(bits, new Slice()))]).toEqual(slots);
        expect([...(await sorted.choose(new Set(slots), new Slice()))]).toEqual(slots);
      }
    }),
    { numRuns: 150 },
  );
});

it('shows whoever holds a list what was true when he got it', () => {
  const sorted = new SortedSlots(Uint32Array.of(2, 4, 6), (a, b) => a - b);
  const { list } = sorted;
  sorted.leaveOut([4]);
  sorted.put([3, 9]);
  expect([[...list.toArray()], [...sorted.list.toArray()]]).toEqual([
    [2, 4, 6],
    [2, 3, 6, 9],
  ]);
});
