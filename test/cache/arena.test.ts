// What is put into an arena stays what it is, wherever it is moved.
// No RFC.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/cache/arena.ts';

describe('Arena', () => {
  it('keeps what is alive, whatever is moved', () => {
    const record = fc.record({ slot: fc.nat(30), length: fc.integer({ min: 8, max: 3000 }) });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 300 }), (records) => {
        const [arena, addresses, contents] = [new Arena(), new Map<number, number>(), new Map<number, number>()];
        for (const [turn, { slot: at, length }] of records.entries()) {
          const before = addresses.get(at);
          if (before !== undefined) arena.free(before);
          const address = arena.allocate(length, at);
          addresses.set(at, address);
          contents.set(at, turn);
          arena.chunkOf(address).octets.fill(turn % 256, arena.offsetOf(address) + 8, arena.offsetOf(address) + Math.ceil(length / 8) * 8);
          arena.compact(
            (of, where) => addresses.get(of) === where,
            (of, where) => addresses.set(of, where),
          );
        }
        for (const [at, address] of addresses) {
          const { octets, words } = arena.chunkOf(address);
          const offset = arena.offsetOf(address);
          expect(words[offset / 4 + 1]).toBe(at);
          const held = octets.subarray(offset + 8, offset + (words[offset / 4] ?? 0));
          expect(held.every((octet) => octet === contents.get(at)! % 256)).toBe(true);
        }
        expect(() => arena.chunkOf(0xffffffff)).toThrow(RangeError);
      }),
      { numRuns: 50 },
    );
  });

  it('takes records larger than any chunk', () => {
    const arena = new Arena();
    const address = arena.allocate(5 << 20, 3);
    expect(arena.chunkOf(address).octets.length).toBeGreaterThanOrEqual(5 << 20);
    expect(arena.allocate(16, 4)).not.toBe(address);
  });
});
