// An index names all rows that have a value, and says so where it does not know.
// RFC 7644 section 3.4.2.2; folding as in scim/match.ts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyIndex } from '../../src/cache/key-index.ts';
import { Rows } from '../../src/cache/rows.ts';
import { parsePath, resolvePath } from '../../src/scim/path.ts';
import type { Resource } from '../../src/scim/schema.ts';
import { userType } from '../scim/sample.ts';
import { packBatch } from './model.ts';

const attributeOf = (path: string) => resolvePath(parsePath(path)!, userType)!;

function put(rows: Rows, slot: number, body: Resource | undefined): void {
  rows.remove(slot);
  if (!body) return;
  const row = { slot, id: `u${slot}`, display: '', body, occupies: [], references: [[], []] };
  rows.put(packBatch({ type: 'User', put: [row], removed: [] }), 0);
}

describe('KeyIndex', () => {
  const value = fc.constantFrom('a', 'A', 'É', 'é', 'ａ', '😀', '', 'b', 'c\\"', '\ud83d');
  const changes = fc.array(fc.tuple(fc.nat(5), fc.option(fc.array(value, { maxLength: 3 }), { nil: undefined })), { maxLength: 30 });

  it('names every row that has a text, in whatever spelling', () => {
    fc.assert(
      fc.property(changes, (all) => {
        const rows = new Rows(2);
        const index = new KeyIndex(rows, attributeOf('emails.value'));
        const texts = new Map<number, readonly string[]>();
        for (const [slot, values] of all) {
          put(rows, slot, values && { emails: values.map((each) => ({ value: each })) });
          index.replace(slot);
          texts.set(slot, values ?? []);
          for (const [wanted, spellings] of [
            ['A', ['a', 'A', 'ａ']],
            ['é', ['é', 'É']],
            ['😀', ['😀']],
            ['C\\"', ['c\\"']],
            ['', ['']],
            ['nobody', []],
          ] as const) {
            const having = [...texts].filter(([, own]) => own.some((each) => (spellings as readonly string[]).includes(each)));
            expect(index.find(wanted)).toEqual(expect.arrayContaining(having.map(([each]) => each)));
          }
        }
      }),
    );
  });

  it('knows nothing of what many have, and of what is no text', () => {
    const rows = new Rows(2);
    const index = new KeyIndex(rows, attributeOf('title'));
    for (let slot = 0; slot < 3000; slot += 1) {
      put(rows, slot, { title: slot % 3 === 0 ? `own ${slot}` : 'Engineer' });
      index.replace(slot);
    }
    expect(index.find('engineer')).toBeUndefined();
    expect([index.find(5), index.find('\ud83d')]).toEqual([undefined, undefined]);
    expect(index.find('nobody')).toEqual([]);
    for (let slot = 0; slot < 3000; slot += 3) expect(index.find(`OWN ${slot}`)).toContain(slot);
    expect(index.octets).toBeLessThan(3000 * 16);
  });

  it('holds nothing twice, and says when most of it is gone', () => {
    const rows = new Rows(2);
    const index = new KeyIndex(rows, attributeOf('userName'));
    const rename = (turn: number): void => {
      for (let slot = 0; slot < 1000; slot += 1) {
        put(rows, slot, { userName: `u${slot}-${turn}` });
        index.replace(slot);
      }
    };
    rename(0);
    const { octets } = index;
    rename(0);
    expect([index.octets, index.isWasteful]).toEqual([octets, false]);
    rename(1);
    rename(2);
    expect(index.isWasteful).toBe(true);
    expect(index.find('u7-2')).toContain(7);
  });
});
