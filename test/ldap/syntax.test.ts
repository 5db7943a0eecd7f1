// Value syntaxes in the forms that real servers send, and what must be refused.
// RFC 4517 sections 3.3.3, 3.3.13, 3.3.28; [MS-DTYP] 2.3.3, 2.3.4, 2.4.2.
import { describe, expect, it } from 'vitest';
import {
  decodeText,
  formatBoolean,
  formatEpochDays,
  formatFiletime,
  formatGeneralizedTime,
  formatGuid,
  formatPostalAddress,
  formatSid,
  parseEpochDays,
  parseFiletime,
  parseGeneralizedTime,
  parseGuid,
  parsePostalAddress,
  parseSid,
} from '../../src/ldap/syntax.ts';

describe('GeneralizedTime', () => {
  it.each([
    ['20260102030405Z', '2026-01-02T03:04:05Z'],
    ['20260102030405.0Z', '2026-01-02T03:04:05Z'],
    ['20260102030405.123Z', '2026-01-02T03:04:05.123Z'],
    ['20260102030405,5Z', '2026-01-02T03:04:05.500Z'],
    ['20260102030405.123999Z', '2026-01-02T03:04:05.123Z'],
    ['20260102030405.29Z', '2026-01-02T03:04:05.290Z'],
    ['202601020304Z', '2026-01-02T03:04:00Z'],
    ['202601020304.5Z', '2026-01-02T03:04:30Z'],
    ['2026010203Z', '2026-01-02T03:00:00Z'],
    ['2026010203.25Z', '2026-01-02T03:15:00Z'],
    ['2026010203,1Z', '2026-01-02T03:06:00Z'],
    ['20260102030405+0100', '2026-01-02T02:04:05Z'],
    ['20260102030405-0530', '2026-01-02T08:34:05Z'],
    ['2026010203+01', '2026-01-02T02:00:00Z'],
    ['20260101003000+01', '2025-12-31T23:30:00Z'],
    ['20240229000000Z', '2024-02-29T00:00:00Z'],
    ['20161231235960Z', '2017-01-01T00:00:00Z'],
    ['16010101000000.0Z', '1601-01-01T00:00:00Z'],
    ['00010101000000Z', '0001-01-01T00:00:00Z'],
    ['99991231235959Z', '9999-12-31T23:59:59Z'],
  ])('L-033 T-063 %s is %s', (text, rfc3339) => {
    expect(parseGeneralizedTime(text)).toBe(rfc3339);
  });

  it.each([
    '',
    'now',
    '20260102030405',
    '20260230030405Z',
    '20261302030405Z',
    '20260100000000Z',
    '2026010224Z',
    '202601020360Z',
    '20260102030461Z',
    '20260102030405.Z',
    '20260102030405+24',
    '20260102Z',
    ' 20260102030405Z',
    '20260102030405Z\n',
    '99991231235959-0100',
    '00000101000000+0100',
  ])('refuses %j', (text) => {
    expect(() => parseGeneralizedTime(text)).toThrow(SyntaxError);
  });

  it.each([
    ['2026-01-02T03:04:05Z', '20260102030405.0Z'],
    ['2026-01-02t03:04:05z', '20260102030405.0Z'],
    ['2026-01-02T03:04:05.123Z', '20260102030405.123Z'],
    ['2026-01-02T03:04:05.000Z', '20260102030405.0Z'],
    ['2026-01-02T03:04:05.1234567Z', '20260102030405.123Z'],
    ['2026-01-02T03:04:05+01:30', '20260102013405.0Z'],
  ])('%s is written %s', (rfc3339, text) => {
    expect(formatGeneralizedTime(rfc3339)).toBe(text);
  });

  it.each([
    '',
    '2026-01-02',
    '2026-01-02T03:04:05',
    '2026-02-30T00:00:00Z',
    '2026-01-02T24:00:00Z',
    '2026-01-02T03:04Z',
    '20260102030405Z',
  ])('does not write %j', (text) => {
    expect(() => formatGeneralizedTime(text)).toThrow(SyntaxError);
  });
});

describe('GUID', () => {
  const octets = Buffer.from('7d067be668fc5547b1040123456789ab', 'hex');
  const text = 'e67b067d-fc68-4755-b104-0123456789ab';

  it('L-028 T-066 reads the first three fields little-endian, as Microsoft tools show them', () => {
    expect(parseGuid(octets)).toBe(text);
  });

  it('writes either case, and leaves its argument alone', () => {
    expect(formatGuid(text.toUpperCase())).toEqual(octets);
    parseGuid(octets);
    expect(octets.toString('hex')).toBe('7d067be668fc5547b1040123456789ab');
  });

  it.each(['', text.slice(1), `{${text}}`, text.replaceAll('-', ''), `${text}0`, text.replace('e', 'g')])('does not write %j', (wrong) => {
    expect(() => formatGuid(wrong)).toThrow(SyntaxError);
  });

  it.each([0, 15, 17])('refuses %i octets', (length) => {
    expect(() => parseGuid(Buffer.alloc(length))).toThrow(SyntaxError);
  });
});

describe('SID', () => {
  it.each([
    ['S-1-5-21-1004336348-1177238915-682003330-512', '010500000000000515000000dcf4dc3b833d2b46828ba62800020000'],
    ['S-1-5-32-544', '01020000000000052000000020020000'],
    ['S-1-1-0', '010100000000000100000000'],
    ['S-1-5', '0100000000000005'],
    ['S-1-0x010000000000-1', '010101000000000001000000'],
  ])('%s', (text, hex) => {
    expect(parseSid(Buffer.from(hex, 'hex'))).toBe(text);
    expect(formatSid(text).toString('hex')).toBe(hex);
  });

  it.each(['', '01', '0102000000000005200000', '020100000000000100000000', '01010000000000010000000000'])(
    'refuses the octets %j',
    (hex) => {
      expect(() => parseSid(Buffer.from(hex, 'hex'))).toThrow(SyntaxError);
    },
  );

  it.each(['', 'S-1', 'S-2-5-1', 'S-1-5-4294967296', 'S-1-281474976710656', 'S-1-5--1', `S-1-5${'-1'.repeat(16)}`])(
    'does not write %j',
    (text) => {
      expect(() => formatSid(text)).toThrow(SyntaxError);
    },
  );
});

describe('FILETIME', () => {
  it.each([
    ['116444736000000000', '1970-01-01T00:00:00Z'],
    ['133801418450000000', '2024-12-31T18:04:05Z'],
    ['133801418451230000', '2024-12-31T18:04:05.123Z'],
    ['864000000000', '1601-01-02T00:00:00Z'],
  ])('%s is %s', (text, rfc3339) => {
    expect(parseFiletime(text)).toBe(rfc3339);
    expect(formatFiletime(rfc3339)).toBe(text);
  });

  it.each(['0', '1', '9999', '9223372036854775807'])('%s means never', (text) => {
    expect(parseFiletime(text)).toBeUndefined();
  });

  it('ticks below a millisecond are cut off', () => {
    expect(parseFiletime('133801418451239999')).toBe('2024-12-31T18:04:05.123Z');
  });

  it.each(['', '-1', 'x', '1.5', '9223372036854775806', '99999999999999999999'])('refuses %j', (text) => {
    expect(() => parseFiletime(text)).toThrow(SyntaxError);
  });

  it.each(['1601-01-01T00:00:00Z', '1600-12-31T00:00:00Z', 'never'])(
    'does not write %j, which would read as never or not at all',
    (text) => {
      expect(() => formatFiletime(text)).toThrow(SyntaxError);
    },
  );
});

describe('days since the epoch', () => {
  it.each([
    ['0', '1970-01-01T00:00:00Z'],
    ['20455', '2026-01-02T00:00:00Z'],
  ])('%s is %s', (text, rfc3339) => {
    expect(parseEpochDays(text)).toBe(rfc3339);
    expect(formatEpochDays(rfc3339)).toBe(text);
  });

  it('-1 means never', () => {
    expect(parseEpochDays('-1')).toBeUndefined();
  });

  it('the time of day is cut off, in UTC', () => {
    expect(formatEpochDays('2026-01-02T23:59:59.999Z')).toBe('20455');
    expect(formatEpochDays('2026-01-03T00:30:00+01:00')).toBe('20455');
  });

  it.each(['', 'x', '1.5', '999999999', '9999999999'])('refuses %j', (text) => {
    expect(() => parseEpochDays(text)).toThrow(SyntaxError);
  });

  it('does not write a day before 1970, which would read as never', () => {
    expect(() => formatEpochDays('1969-12-31T00:00:00Z')).toThrow(SyntaxError);
  });
});

describe('Boolean', () => {
  it('is written in upper case', () => {
    expect([formatBoolean(true), formatBoolean(false)]).toEqual(['TRUE', 'FALSE']);
  });
});

describe('Postal Address', () => {
  it.each([
    ['1234 Main St.$Anytown, CA 12345$USA', '1234 Main St.\nAnytown, CA 12345\nUSA'],
    [
      String.raw`\241,000,000 Sweepstakes$PO Box 1000000$Anytown, CA 12345$USA`,
      '$1,000,000 Sweepstakes\nPO Box 1000000\nAnytown, CA 12345\nUSA',
    ],
    [String.raw`a\5C24`, String.raw`a\24`],
    ['', ''],
  ])('%j is %j', (text, lines) => {
    expect(parsePostalAddress(text)).toBe(lines);
    expect(formatPostalAddress(lines)).toBe(text);
  });

  it('reads lower-case escapes and writes any line break', () => {
    expect(parsePostalAddress(String.raw`a\5cb`)).toBe(String.raw`a\b`);
    expect(formatPostalAddress('a\r\nb\rc\nd')).toBe('a$b$c$d');
    expect(parsePostalAddress('a\r\nb\rc\nd$e')).toBe('a\nb\nc\nd\ne');
  });
});

it('decodeText tells UTF-8 from other octets and keeps a byte order mark', () => {
  expect(decodeText(Buffer.from('Lučić'))).toBe('Lučić');
  expect(decodeText(Buffer.from('efbbbf61', 'hex'))).toBe('\uFEFFa');
  expect(decodeText(Buffer.from('ff', 'hex'))).toBeUndefined();
  expect(decodeText(Buffer.from('eda080', 'hex'))).toBeUndefined();
});
