// Cursors are sealed: they open with the same secret for the same purpose in time, anywhere, and otherwise not at all.
// RFC 9865 sections 2 and 5.2.
import { describe, expect, test } from 'vitest';
import { createCursors, type CursorOptions, type PagePosition } from '../../src/gateway/cursor.ts';
import { ScimError } from '../../src/scim/error.ts';

const page: PagePosition = { direction: 'after', from: { key: 'Äpfel', type: 'User', id: 'u1' }, count: 10 };
const cursors = (options: Partial<CursorOptions> = {}) => createCursors({ secrets: ['one'], salt: 'main', timeout: 60, ...options });

async function outcome(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ScimError)) throw error;
    return `${error.status} ${error.scimType}: ${error.message}`;
  }
}
const refused = '400 invalidCursor: The cursor is none of this query';

describe('cursors', () => {
  test.each<[string, PagePosition]>([
    ['a page behind a resource', page],
    ['a page before one', { direction: 'before', from: { type: 'User', id: 'u1' }, count: 1 }],
    ['a page from the end', { direction: 'before', count: 3 }],
    ['keys of any type', { direction: 'after', from: { key: -1.5, type: 'Group', id: '' }, count: 1000 }],
    ['text that is no Unicode', { direction: 'after', from: { key: '\ud800', type: 'User', id: 'x' }, count: 1 }],
  ])('C-019 %s opens on every replica with the same secret, and after a restart', async (_, each) => {
    const cursor = await cursors().seal(each, 'p');
    expect(await cursors().open(cursor, 'p')).toEqual(each);
  });

  test('C-004 T-071 a cursor consists of unreserved characters, and says nothing twice', async () => {
    const [a, b] = await Promise.all([cursors().seal(page, 'p'), cursors().seal(page, 'p')]);
    expect(a).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(a).not.toBe(b);
    expect(Buffer.from(a, 'base64url').toString('latin1')).not.toMatch(/pfel|after/);
  });

  test('C-005 C-014 it is good for one purpose', async () => {
    const cursor = await cursors().seal(page, 'p');
    expect(await outcome(cursors().open(cursor, 'q'))).toBe(refused);
  });

  test('C-008 C-016 C-017 what is changed in any octet is refused in the same words as what is no cursor', async () => {
    const own = cursors();
    const cursor = await own.seal(page, 'p');
    const octets = Buffer.from(cursor, 'base64url');
    const changed = [...octets.keys()].map((at) => octets.map((octet, index) => (index === at ? octet ^ 1 : octet)));
    const sealed = changed.map((each) => Buffer.from(each).toString('base64url'));
    const cut = [cursor.slice(0, -4), `${cursor}AAAA`, `${cursor}=`, ` ${cursor}`];
    const texts = [...sealed, ...cut, 'x', '!', ' ', '%00', 'A'.repeat(100), 'A'.repeat(100_000), '__proto__'];
    for (const text of texts) expect(await outcome(own.open(text, 'p'))).toBe(refused);
  });

  test('C-016 another secret, another directory or another account opens nothing', async () => {
    const cursor = await cursors().seal(page, 'p');
    expect(await outcome(cursors({ secrets: ['two'] }).open(cursor, 'p'))).toBe(refused);
    expect(await outcome(cursors({ salt: 'other' }).open(cursor, 'p'))).toBe(refused);
  });

  test('C-016 keys rotate: the first of several seals, all open', async () => {
    const before = await cursors().seal(page, 'p');
    const rotated = cursors({ secrets: ['two', 'one'] });
    expect(await rotated.open(before, 'p')).toEqual(page);
    const after = await rotated.seal(page, 'p');
    expect(await cursors({ secrets: ['two'] }).open(after, 'p')).toEqual(page);
    expect(await outcome(cursors().open(after, 'p'))).toBe(refused);
  });

  test('C-008 C-013 it expires after the timeout and not before', async () => {
    let now = Date.parse('2030-01-01T00:00:00.900Z');
    const clocked = cursors({ now: () => now });
    const cursor = await clocked.seal(page, 'p');
    now += 59_000;
    expect(await clocked.open(cursor, 'p')).toEqual(page);
    now += 2000;
    expect(await outcome(clocked.open(cursor, 'p'))).toMatch(/^400 expiredCursor: /);
    expect(await outcome(clocked.open(cursor, 'q'))).toBe(refused);
  });
});
