// Texts as octets compare and sort as texts do.
// RFC 7644 section 3.4.2.2.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeSort } from '../../src/cache/merge-sort.ts';
import { compileOctetTest } from '../../src/cache/octet-test.ts';
import { PackedTexts } from '../../src/cache/packed-texts.ts';
import { radixSort } from '../../src/cache/radix-sort.ts';
import { Slice } from '../../src/cache/slice.ts';
import { defineAttribute } from '../../src/scim/attribute.ts';
import { compileFilter, compileSort } from '../../src/scim/match.ts';
import { referTo } from '../../src/scim/path.ts';

describe('texts as octets', () => {
  const attribute = referTo(undefined, defineAttribute('text', 'string', 'Text', { caseExact: true }), undefined);
  const wellFormed = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '～', '\ue000', '😀', '\u0000'), maxLength: 6 });

  it.each(['eq', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const)('compare by %s as texts do', (operator) => {
    fc.assert(
      fc.property(wellFormed, wellFormed, (text, literal) => {
        const octets = Buffer.from(`x${text}y`);
        const test = compileOctetTest(operator, Buffer.from(literal));
        const wanted = compileFilter({ kind: 'compare', attribute, operator, value: literal })({ text });
        expect(test(octets, 1, octets.length - 1)).toBe(wanted);
      }),
    );
  });

  it('sort as texts do, equal ones staying in their order', async () => {
    const sample = fc.array(
      fc.oneof(
        wellFormed,
        wellFormed.map((text) => `shared beginning ${text}`),
      ),
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(sample, fc.integer({ min: 1, max: 400 }), async (distinct, times) => {
        const texts = Array.from({ length: distinct.length * times }, (_, at) => distinct[(at * 7) % distinct.length]!);
        const packed = new PackedTexts();
        for (const [at, text] of texts.entries()) packed.write(at, text);
        const slots = Uint32Array.from(texts, (_, at) => at);
        const sorted = await radixSort(slots, packed, new Slice());
        const compare = compileSort(attribute, 'ascending');
        const wanted = texts.map((text, at) => ({ id: '', text, at })).toSorted((a, b) => compare(a, b) || a.at - b.at);
        expect([...sorted]).toEqual(wanted.map(({ at }) => at));
        expect(await mergeSort(slots, (a, b) => packed.compare(a, b), new Slice())).toEqual(sorted);
      }),
      { numRuns: 40 },
    );
  });
});
