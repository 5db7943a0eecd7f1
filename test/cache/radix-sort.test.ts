// Numbers sort as numbers do, whatever their signs, and equal ones stay in their order.
// RFC 7644 section 3.4.2.3.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { radixSort } from '../../src/cache/radix-sort.ts';
import { Slice } from '../../src/cache/slice.ts';

const value = fc.oneof(
  fc.constantFrom(-0, 0, Infinity, -1, 1, 2 ** 48, 2 ** 53, -1e300),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

it('sorts by numbers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(value, { maxLength: 80 }), fc.constantFrom(1, 3, 1000), async (distinct, times) => {
      const values = Array.from({ length: distinct.length * times }, (_, at) => distinct[(at * 7) % distinct.length]!);
      const compare = (a: number, b: number): number => (values[a]! < values[b]! ? -1 : Number(values[a]! > values[b]!));
      const slots = Uint32Array.from(values, (_, at) => at);
      const sorted = await radixSort(slots, { compare, partOf: (slot) => values[slot]!, isWhole: () => true }, new Slice());
      expect(sorted).toEqual(slots.toSorted((a, b) => compare(a, b) || a - b));
    }),
    { numRuns: 60 },
  );
});
