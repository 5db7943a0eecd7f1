// Instants as numbers are what `instantOf` makes of their text.
// RFC 7643 section 2.3.5.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantAt, microsecondsOf, readPlainInstant } from '../../src/cache/instant.ts';
import { instantOf } from '../../src/scim/datetime.ts';

describe('instants', () => {
  const two = (most: number): fc.Arbitrary<string> => fc.nat(most).map((value) => String(value).padStart(2, '0'));
  const text = fc
    .tuple(
      fc.constantFrom('0001', '1969', '1970', '2024', '2199', '2200', '9999'),
      two(13),
      two(32),
      two(25),
      two(60),
      two(60),
      fc.constantFrom('', '.', '.5', '.000001', '.1234567', '.120'),
      fc.constantFrom('Z', '', '+01:30', 'z'),
    )
    .map(
      ([year, month, day, hour, minute, second, fraction, zone]) => `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}${zone}`,
    );

  it('are what `instantOf` makes of them', () => {
    fc.assert(
      fc.property(text, (written) => {
        const microseconds = microsecondsOf(written);
        const wanted = instantOf(written);
        const again = microseconds === undefined ? wanted : Number.isNaN(microseconds) ? undefined : instantAt(microseconds);
        expect(again).toBe(wanted);
        const plain = readPlainInstant(Buffer.from(JSON.stringify(written)), 0);
        expect(plain ?? microseconds).toBe(microseconds);
      }),
      { numRuns: 3000 },
    );
  });

  it('are read without parsing where the spelling is usual', () => {
    const read = (written: string): number | undefined => readPlainInstant(Buffer.from(`"${written}"`), 0);
    expect(read('2020-01-28T01:02:03Z')).toBe(Date.UTC(2020, 0, 28, 1, 2, 3) * 1000);
    expect(read('2020-01-28T01:02:03.25Z')).toBe(Date.UTC(2020, 0, 28, 1, 2, 3, 250) * 1000);
    expect(['2020-01-29T01:02:03Z', '2020-01-28 01:02:03Z', '2020-01-28T01:02:03.Z', 'x'].map(read)).toEqual(Array(4).fill(undefined));
  });
});
