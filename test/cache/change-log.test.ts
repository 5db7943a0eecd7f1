// A log of changes says what changed, or that it does not know.
// No RFC.
import { describe, expect, it } from 'vitest';
import { ChangeLog } from '../../src/cache/change-log.ts';

describe('ChangeLog', () => {
  it('knows what changed since a position, or says that it has forgotten', () => {
    const log = new ChangeLog();
    log.add(1);
    const middle = log.end;
    log.add(2);
    expect([log.since(0), log.since(middle), log.since(log.end)].map((each) => each && [...each])).toEqual([[1, 2], [2], []]);
    for (let at = 0; at < 300_000; at += 1) log.add(at);
    expect(log.since(middle)).toBeUndefined();
    expect([...(log.since(log.end - 2) ?? [])]).toEqual([299_998, 299_999]);
    const before = log.end;
    log.forget();
    expect(log.since(before)).toBeUndefined();
    expect(log.since(log.end)).toHaveLength(0);
  });
});
