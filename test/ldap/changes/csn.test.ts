// Change sequence numbers, cookies and witnesses: what is compared with what.
// draft-ietf-ldup-model, as OpenLDAP has it.
import { describe, expect, test } from 'vitest';
import { readCookie, writeCookie } from '../../../src/ldap/changes/cookie.ts';
import { csnAt, isBehind, isPortable, readCookieCsns, readCsns, timeOfCsn, writeCookieCsns } from '../../../src/ldap/changes/csn.ts';
import { isContainer } from '../../../src/ldap/changes/context.ts';
import { hearWitnesses, pickWitnesses } from '../../../src/ldap/changes/witness.ts';
import { parseDn } from '../../../src/ldap/dn.ts';
import { Entry } from '../../../src/ldap/entry.ts';

const csn = (second: number, id = '000'): string => `202611202136${String(second).padStart(2, '0')}.407341Z#000000#${id}#000000`;

describe('numbers', () => {
  test('are kept for each server, the latest of each', () => {
    expect([...readCsns([csn(2, '001'), csn(1, '001'), csn(1, '0ab'), 'garbage', ''])]).toEqual([
      ['001', csn(2, '001')],
      ['0ab', csn(1, '0ab')],
    ]);
  });

  test('are what a cookie consists of', () => {
    const csns = readCsns([csn(1, '001'), csn(2, '002')]);
    expect(writeCookieCsns(csns)).toBe(`rid=000,csn=${csn(1, '001')};${csn(2, '002')}`);
    expect(readCookieCsns(`rid=000,sid=001,csn=${csn(1, '001')};${csn(2, '002')}`)).toEqual(csns);
    expect(readCookieCsns('rid=000').size).toBe(0);
    expect(readCookieCsns('host:389#cn=x:dc=test:(objectClass=*)#5').size).toBe(0);
  });

  test('tell time to the microsecond, and back to the millisecond', () => {
    expect(timeOfCsn(csn(19))).toBeCloseTo(Date.UTC(2026, 10, 20, 21, 36, 19) + 407.341, 3);
    expect(csnAt(Date.UTC(2026, 10, 20, 21, 36, 19, 407))).toBe('20261120213619.407000Z#000000#000#000000');
    expect(csnAt(-5) < csn(0)).toBe(true);
    expect(timeOfCsn('garbage')).toBeNaN();
    expect(timeOfCsn('')).toBeNaN();
  });

  test.each([
    ['the same', [csn(1)], [csn(1)], false],
    ['a later one', [csn(2)], [csn(1)], false],
    ['an earlier one', [csn(1)], [csn(2)], true],
    ['one server less', [csn(5, '001')], [csn(1, '001'), csn(1, '002')], true],
    ['one server more', [csn(5, '001'), csn(1, '002')], [csn(1, '001')], false],
    ['one of two earlier', [csn(5, '001'), csn(1, '002')], [csn(1, '001'), csn(2, '002')], true],
  ])('%s: behind or not', (_, now, seen, behind) => {
    expect(isBehind(readCsns(now), readCsns(seen))).toBe(behind);
  });

  test('of servers without an id are nobody else’s', () => {
    expect(isPortable(readCsns([csn(1, '001'), csn(1, '002')]))).toBe(true);
    expect(isPortable(readCsns([csn(1, '001'), csn(1)]))).toBe(false);
    expect(isPortable(readCsns([]))).toBe(false);
  });
});

describe('a cookie', () => {
  const base = parseDn('dc=example,dc=test');
  const cookie = { kind: 'entrycsn', url: 'ldap://a', contextId: 'id', base, marks: ['m'], witnesses: [] } as const;

  test('is read back for the same base, however that is written', () => {
    const text = writeCookie({ ...cookie, witnesses: [{ attribute: 'entryUUID', octets: 'YQ==', stamp: '1' }] });
    expect(readCookie(text, 'entrycsn', parseDn('DC=Example, DC=test'))).toMatchObject({ url: 'ldap://a', contextId: 'id', marks: ['m'] });
  });

  test.each(['', '1', 'null', '"text"', '[]', '{}', '{"__proto__":{"kind":"entrycsn"}}', '{"kind":"entrycsn"'])('is not %j', (text) => {
    expect(readCookie(text, 'entrycsn', base)).toBeUndefined();
  });

  test('is not one of another kind or base', () => {
    expect(readCookie(writeCookie(cookie), 'syncrepl', base)).toBeUndefined();
    expect(readCookie(writeCookie(cookie), 'entrycsn', parseDn('dc=test'))).toBeUndefined();
  });
});

describe('witnesses', () => {
  const entry = (id: string, stamp: string): Entry => new Entry(`cn=${id}`, [...(id ? [['id', [id]] as const] : []), ['stamp', [stamp]]]);
  const many = Array.from({ length: 30 }, (_, i) => entry(`e${i}`, `${100 + i}`));

  test('are the ten that were changed last', () => {
    const stamps = pickWitnesses(many, ['id'], 'stamp').map(({ stamp }) => Number(stamp));
    expect(stamps.toSorted()).toEqual(Array.from({ length: 10 }, (_, i) => 120 + i));
    expect(pickWitnesses([entry('', '1'), new Entry('cn=x', [['id', ['x']]])], ['id'], 'stamp')).toEqual([]);
  });

  test('stay until later ones come; of one entry the latest stamp counts', () => {
    const first = pickWitnesses([entry('a', '1'), entry('b', '2')], ['id'], 'stamp');
    const next = pickWitnesses([entry('a', '3')], ['id'], 'stamp', first);
    expect(new Map(next.map(({ octets, stamp }) => [Buffer.from(octets, 'base64').toString(), stamp]))).toEqual(
      new Map([
        ['a', '3'],
        ['b', '2'],
      ]),
    );
  });

  test.each([
    ['as they were', [entry('a', '5'), entry('b', '6')], { haveGoneBack: false, areGone: false }],
    ['changed since', [entry('a', '9'), entry('b', '6')], { haveGoneBack: false, areGone: false }],
    ['one deleted', [entry('b', '6')], { haveGoneBack: false, areGone: false }],
    ['one gone back', [entry('a', '4'), entry('b', '6')], { haveGoneBack: true, areGone: false }],
    ['all deleted', [entry('c', '7')], { haveGoneBack: false, areGone: true }],
  ])('%s are heard', (_, now, verdict) => {
    const witnesses = pickWitnesses([entry('a', '5'), entry('b', '6')], ['id'], 'stamp');
    expect(hearWitnesses(witnesses, now, 'stamp')).toEqual(verdict);
  });

  test('that were never there prove nothing', () => {
    expect(hearWitnesses([], [], 'stamp')).toEqual({ haveGoneBack: false, areGone: false });
  });
});

test.each([
  [{ hasSubordinates: ['TRUE'], objectClass: ['person'] }, true],
  [{ hasSubordinates: ['FALSE'], objectClass: ['organizationalUnit'] }, false],
  [{ numSubordinates: ['3'] }, true],
  [{ numSubordinates: ['0'] }, false],
  [{ objectClass: ['top', 'person', 'inetOrgPerson'] }, false],
  [{ objectClass: ['top', 'groupOfNames'] }, false],
  [{ objectClass: ['top', 'organizationalUnit'] }, true],
  [{}, true],
])('%j may have entries below it: %s', (attributes, may) => {
  expect(isContainer(new Entry('ou=x', Object.entries(attributes)))).toBe(may);
});
