// Laws of value syntaxes: each pair is an inverse, up to the precision that it documents.
// RFC 4517; [MS-DTYP] 2.3.3, 2.3.4, 2.4.2.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
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

const instant = (min: string): fc.Arbitrary<string> =>
  fc
    .date({ min: new Date(min), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
    .map((date) => date.toISOString().replace('.000Z', 'Z'));

it('L-033 GeneralizedTime', () => {
  fc.assert(
    fc.property(instant('0000-01-01T00:00:00Z'), (rfc3339) => {
      expect(parseGeneralizedTime(formatGeneralizedTime(rfc3339))).toBe(rfc3339);
    }),
  );
});

it('a time as servers write it is read as in any other form, or refused as in any other', () => {
  const two = (max: number): fc.Arbitrary<string> => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'));
  const digits = fc.tuple(two(99), two(99), two(13), two(32), two(25), two(61), two(61)).map((parts) => parts.join(''));
  const read = (text: string): string => {
    try {
      return parseGeneralizedTime(text);
    } catch {
      return 'refused';
    }
  };
  fc.assert(
    fc.property(digits, fc.constantFrom('', '.0'), (time, fraction) => {
      expect(read(`${time}${fraction}Z`)).toBe(read(`${time}${fraction}+0000`));
    }),
    { numRuns: 2000 },
  );
});

it('an offset names the same instant', () => {
  const offset = fc.integer({ min: -1439, max: 1439 });
  fc.assert(
    fc.property(fc.date({ min: new Date('0001-01-01'), max: new Date('9998-01-01'), noInvalidDate: true }), offset, (date, minutes) => {
      const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1);
      const [hh, mm] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((part) => String(part).padStart(2, '0'));
      const zone = `${minutes < 0 ? '-' : '+'}${hh}:${mm}`;
      expect(Date.parse(parseGeneralizedTime(formatGeneralizedTime(local + zone)))).toBe(date.getTime());
      expect(Date.parse(parseGeneralizedTime(local.replace(/[-:T]/g, '') + zone.replace(':', '')))).toBe(date.getTime());
    }),
  );
});

it('FILETIME, from either side', () => {
  fc.assert(
    fc.property(instant('1601-01-01T00:00:00.001Z'), (rfc3339) => {
      expect(parseFiletime(formatFiletime(rfc3339))).toBe(rfc3339);
    }),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: 10_000n, max: 2_650_467_743_999_999_999n }), (ticks) => {
      expect(formatFiletime(parseFiletime(String(ticks)) ?? 'never')).toBe(String((ticks / 10_000n) * 10_000n));
    }),
  );
});

it('days since the epoch', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2_932_896 }), (days) => {
      expect(formatEpochDays(parseEpochDays(String(days)) ?? 'never')).toBe(String(days));
    }),
  );
});

it('GUID', () => {
  fc.assert(
    fc.property(fc.uuid(), (text) => {
      expect(parseGuid(formatGuid(text))).toBe(text);
    }),
  );
});

it('SID', () => {
  const sid = fc.tuple(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 15 }));
  fc.assert(
    fc.property(sid, ([authority, subAuthorities]) => {
      const shown = authority < 2 ** 32 ? authority : `0x${authority.toString(16).padStart(12, '0')}`;
      const octets = formatSid(['S-1', authority, ...subAuthorities].join('-'));
      expect(parseSid(octets)).toBe(['S-1', shown, ...subAuthorities].join('-'));
      expect(formatSid(parseSid(octets))).toEqual(octets);
    }),
  );
});

it('Postal Address', () => {
  const lines = fc.string({ unit: fc.constantFrom(...'$\\\n24 5Ccaé'), maxLength: 20 });
  fc.assert(
    fc.property(lines, (text) => {
      expect(parsePostalAddress(formatPostalAddress(text))).toBe(text);
    }),
  );
});
