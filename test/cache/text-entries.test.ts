// Texts are found among many by every comparison, whether hits are rare or everywhere.
// RFC 7644 section 3.4.2.2, table 3.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileOctetTest } from '../../src/cache/octet-test.ts';
import { Slice } from '../../src/cache/slice.ts';
import { separator, TextEntries } from '../../src/cache/text-entries.ts';

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '😀'), maxLength: 5 });
const operator = fc.constantFrom('eq' as const, 'co' as const, 'sw' as const, 'ew' as const, 'gt' as const, 'le' as const);
const pack = (texts: readonly string[]): Uint8Array =>
  Buffer.concat(texts.flatMap((text) => [Buffer.from(text), Buffer.from([separator])]));

it('finds the owners of the texts that a comparison holds for', async () => {
  const lists = fc.array(fc.array(word, { maxLength: 3 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(lists, fc.integer({ min: 1, max: 500 }), word, operator, fc.nat(20), async (some, times, literal, how, forgotten) => {
      const owned = Array.from({ length: some.length * times }, (_, owner) => some[owner % some.length]!);
      const entries = new TextEntries();
      const firsts = owned.map((texts, owner) => {
        const first = entries.length;
        entries.append(owner, pack(texts));
        return first;
      });
      const isForgotten = (owner: number): boolean => owner % 21 === forgotten && owned[owner]!.length > 0;
      for (const [owner, texts] of owned.entries()) {
        if (texts.length > 0) expect(Buffer.from(entries.textsAt(firsts[owner]!))).toEqual(pack(texts));
        if (isForgotten(owner)) expect(entries.forget(firsts[owner]!)).toBe(texts.length);
      }
      const test = compileOctetTest(how, Buffer.from(literal));
      const wanted = owned.flatMap((texts, owner) =>
        !isForgotten(owner) && texts.some((text) => test(Buffer.from(text), 0, Buffer.byteLength(text))) ? [owner] : [],
      );
      const found = new Set<number>();
      await entries.find(how, Buffer.from(literal), (owner) => found.add(owner), new Slice());
      expect([...found].toSorted((a, b) => a - b)).toEqual(wanted);
    }),
    { numRuns: 60 },
  );
});
