// Reading BER in place: nothing reaches beyond the element around it, whatever the lengths say.
// RFC 4511 section 5.1.
import { expect, test } from 'vitest';
import { BerCursor, berTags } from '../../src/ldap/ber.ts';

const { integer, octetString, sequence } = berTags;
const cursorOn = (hex: string): BerCursor => new BerCursor(Buffer.from(hex, 'hex'));

test.each([
  ['7f', 127],
  ['ff', -1],
  ['00ff', 255],
  ['7fffffff', 2_147_483_647],
  ['80000000', -2_147_483_648],
])('the integer %s is %i', (content, value) => {
  const cursor = cursorOn(`02${(content.length / 2).toString(16).padStart(2, '0')}${content}`);
  expect(cursor.integer(integer, cursor.octets.length)).toBe(value);
});

test.each([
  ['without octets', '0200'],
  ['of five octets', '02050000000001'],
  ['that is another element', '040100'],
])('an integer %s is refused', (_what, hex) => {
  const cursor = cursorOn(hex);
  expect(() => cursor.integer(integer, cursor.octets.length)).toThrow(/^BER /);
});

test.each([
  ['nothing', ''],
  ['a tag alone', '04'],
  ['an indefinite length', '04800000'],
  ['a length of five octets', '04850000000001ff'],
  ['a length cut short', '0482ff'],
  ['content cut short', '0403ffff'],
  ['a length of four gigabytes', '0484ffffffff'],
])('%s is refused', (_what, hex) => {
  const cursor = cursorOn(hex);
  expect(() => cursor.content(octetString, cursor.octets.length)).toThrow(/^BER /);
});

test('an element is held against the one around it, also where octets follow', () => {
  const cursor = cursorOn('3003040200ffffff');
  const end = cursor.enter(sequence, cursor.octets.length);
  expect(end).toBe(5);
  expect(() => cursor.content(octetString, end)).toThrow(/beyond/);
  expect([cursor.tag(end), cursor.tag(2)]).toEqual([0x04, undefined]);
});

test('lengths in the long form, contents as views', () => {
  const octets = Buffer.concat([Buffer.from('0481c8', 'hex'), Buffer.alloc(200, 0x61), Buffer.from('040162', 'hex')]);
  const cursor = new BerCursor(octets);
  const content = cursor.content(octetString, octets.length);
  expect([content.length, content.buffer === octets.buffer]).toEqual([200, true]);
  expect([cursor.text(octetString, octets.length), cursor.at]).toEqual(['b', octets.length]);
});
