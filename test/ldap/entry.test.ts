// Entries: names compare case-insensitively, values are octets, and nothing depends on object prototypes.
// RFC 4511 section 4.1.7, RFC 4512 section 2.5.
import { expect, it } from 'vitest';
import { Entry } from '../../src/ldap/entry.ts';

const guid = Buffer.from('7d067be6ff', 'hex');
const entry = new Entry('cn=a', [
  ['Mail', ['a@example.net', 'b@example.net']],
  ['objectGUID', [guid]],
  ['userCertificate;binary', [Buffer.of(0x30)]],
  ['title', []],
]);

it('finds values whatever the case of the name', () => {
  expect(entry.texts('MAIL')).toEqual(['a@example.net', 'b@example.net']);
  expect(entry.has('mail')).toBe(true);
});

it('keeps octets that are no text', () => {
  expect(entry.octets('objectguid')).toEqual([guid]);
});

it('takes options as part of the name', () => {
  expect(entry.octets('usercertificate;BINARY')).toEqual([Buffer.of(0x30)]);
  expect(entry.has('userCertificate')).toBe(false);
});

it('drops attributes without a value', () => {
  expect(entry.has('title')).toBe(false);
  expect(entry.names()).toEqual(['mail', 'objectguid', 'usercertificate;binary']);
});

it.each(['title', 'unknown', '__proto__', 'constructor', 'toString'])('has no value for %s', (name) => {
  expect(entry.has(name)).toBe(false);
  expect(entry.octets(name)).toEqual([]);
  expect(entry.texts(name)).toEqual([]);
});
