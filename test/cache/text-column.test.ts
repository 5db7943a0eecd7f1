// A column of texts finds the same while they are few and when they have become too many to be numbered.
// RFC 7644 section 3.4.2.2.
import { describe, expect, it } from 'vitest';
import { Rows } from '../../src/cache/rows.ts';
import { Slice } from '../../src/cache/slice.ts';
import { TextColumn } from '../../src/cache/text-column.ts';
import { WordCodes } from '../../src/cache/word-codes.ts';
import { type CompareOperator, parseFilter, resolveFilter } from '../../src/scim/filter.ts';
import type { Resource } from '../../src/scim/schema.ts';
import { userType } from '../scim/sample.ts';
import { packBatch } from './model.ts';

const filterOf = (operator: CompareOperator, value: string) => {
  const filter = resolveFilter(parseFilter(`emails.value ${operator} ${JSON.stringify(value)}`), userType, { lenient: true });
  if (filter.kind !== 'compare') throw new Error('that is no comparison');
  return filter;
};

describe('TextColumn', () => {
  it.each([
    ['few', 300, 200],
    ['more than one octet can tell apart', 3000, 1000],
    ['more than can be numbered', 70_000, 70_000],
  ])('finds rows by texts where %s are different', async (_, count, kinds) => {
    const rows = new Rows(2);
    const column = new TextColumn(rows, filterOf('eq', '').attribute);
    const texts = new Map<number, readonly string[]>();
    const put = (slots: readonly number[], textsOf: (slot: number) => readonly string[]): void => {
      const bodyOf = (slot: number): Resource => ({ emails: textsOf(slot).map((value) => ({ value })) });
      for (const slot of slots) rows.remove(slot);
      const all = slots.map((slot) => ({ slot, id: `u${slot}`, display: '', body: bodyOf(slot), occupies: [], references: [[], []] }));
      const batch = packBatch({ type: 'User', put: all, removed: [] });
      for (const [index, slot] of slots.entries()) {
        rows.put(batch, index);
        column.replace(slot);
        texts.set(
          slot,
          textsOf(slot).map((text) => text.toLowerCase()),
        );
      }
    };
    const check = async (operator: CompareOperator, value: string, test: (text: string) => boolean): Promise<void> => {
      const found = await column.scan(filterOf(operator, value), rows.live, new Slice());
      const wanted = [...texts].filter(([, own]) => own.some(test)).map(([slot]) => slot);
      expect([...found]).toEqual(wanted.toSorted((a, b) => a - b));
    };
    const checkAll = async (): Promise<void> => {
      await check('co', '17', (text) => text.includes('17'));
      await check('sw', 'U29', (text) => text.startsWith('u29'));
      await check('eq', 'second', (text) => text === 'second');
      await check('ew', '9', (text) => text.endsWith('9'));
    };
    put(
      Array.from({ length: count }, (__, slot) => slot),
      (slot) => (slot % 10 === 9 ? [] : slot % 3 === 0 ? [`U${slot % kinds}`, 'second'] : [`u${slot % kinds}`]),
    );
    await checkAll();
    put([5, 17, 29, 170], (slot) => [`changed ${slot}`]);
    for (const slot of [3, 117, 299]) {
      rows.remove(slot);
      column.replace(slot);
      texts.delete(slot);
    }
    await checkAll();
    expect(column.isWasteful).toBe(false);
  });

  it('gives up what is numbered and gone only when there is too much of it', () => {
    const codes = new WordCodes();
    const list = (number: number): Buffer => Buffer.from(`${number}\u00ff`, 'latin1');
    for (let number = 0; number < 0x7fff; number += 1) expect(codes.set(number % 10, list(number))).toBe(true);
    expect([codes.set(3, list(7)), codes.set(4, list(-1)), codes.set(5, Buffer.alloc(0))]).toEqual([true, false, true]);
    const all: string[] = [];
    codes.each((slot, texts) => all.push(`${slot} ${Buffer.from(texts).toString('latin1').slice(0, -1)}`));
    expect(all).toEqual(['0 32760', '1 32761', '2 32762', '3 7', '4 32764', '6 32766', '7 32757', '8 32758', '9 32759']);
  });
});
