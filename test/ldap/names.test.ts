// Lists of attribute names: shared by entries that have the same, looked up in any case, and never more than a bounded number is kept.
// RFC 4512 section 2.5.
import { expect, it } from 'vitest';
import { Names } from '../../src/ldap/names.ts';

const listOf = (...names: readonly string[]): Names =>
  names.reduce((list, name) => list.with(Buffer.from(`..${name}.`), 2, 2 + Buffer.byteLength(name)), Names.none);

it('the same names in the same order are the same list', () => {
  expect(listOf('uid', 'Mail')).toBe(listOf('uid', 'Mail'));
  expect(listOf('Mail', 'uid')).not.toBe(listOf('uid', 'Mail'));
  expect(listOf('uid', 'mails')).not.toBe(listOf('uid', 'mail'));
});

it('a name is found in any case, again and again, and one that is not there is not', () => {
  const names = listOf('uid', 'userCertificate;binary', 'constructor');
  for (let time = 0; time < 2; time += 1) {
    expect(['UID', 'usercertificate;BINARY', 'constructor'].map((name) => names.indexOf(name))).toEqual([0, 1, 2]);
    expect(['', 'userCertificate', '__proto__', 'toString'].map((name) => names.indexOf(name))).toEqual([-1, -1, -1, -1]);
  }
});

it('of a name that comes twice the last counts, and it is listed once', () => {
  const names = listOf('mail', 'uid', 'MAIL');
  expect([names.length, names.indexOf('Mail'), names.all()]).toEqual([3, 2, ['mail', 'uid']]);
});

it('options are noticed, wherever they stand', () => {
  expect(['cn', 'member;range=0-9', 'uid'].map((_, i, all) => listOf(...all.slice(0, i + 1)).hasOptions)).toEqual([false, true, true]);
});

it('no names are a list, too', () => {
  expect([Names.none.all(), Names.none.indexOf('cn')]).toEqual([[], -1]);
});

it('however many different names servers send, all are right, and no more than so many lists are kept', () => {
  const spread = Array.from({ length: 100 }, (_, i) => `name${i}`);
  expect(spread.map((name) => listOf(name).all())).toEqual(spread.map((name) => [name]));
  for (let i = 0; i < 6000; i += 1) expect(listOf('a', `b${i % 40}`, `c${i % 37}`, `d${i}`).indexOf(`D${i}`)).toBe(3);
  expect(listOf('x', 'y', 'z').all()).toEqual(['x', 'y', 'z']);
  expect(listOf('x', 'y', 'z')).not.toBe(listOf('x', 'y', 'z'));
});
