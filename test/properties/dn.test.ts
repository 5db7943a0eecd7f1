// Laws of distinguished names: text and structure round trip, and the key is an equivalence that respects the tree.
// RFC 4514.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Ava, Dn, Rdn } from '../../src/ldap/dn.ts';
import { childOf, dnKey, dnKeyOf, equalDn, formatDn, isUnder, parentOf, parseDn } from '../../src/ldap/dn.ts';

const hostile = fc.string({ unit: fc.constantFrom(...' ,+"\\<>;=#\0\n\tabAß語ς\u00a0\u0301😀'), maxLength: 12 });
const value = fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 12 }));
const notText = fc.uint8Array({ maxLength: 200 }).map((octets) => Buffer.concat([Buffer.from([0x03]), octets]));
const type = fc.oneof(fc.constantFrom('cn', 'OU', 'dc', '2.5.4.3', 'x-a'), fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,8}$/));
const ava: fc.Arbitrary<Ava> = fc.record({ type, value: fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: notText }) });
const rdn: fc.Arbitrary<Rdn> = fc.array(ava, { minLength: 1, maxLength: 3 });
const dn: fc.Arbitrary<Dn> = fc.array(rdn, { maxLength: 4 }).map((rdns) => ({ rdns }));

it('a DN survives formatting and parsing', () => {
  fc.assert(
    fc.property(dn, (a) => {
      expect(parseDn(formatDn(a))).toEqual(a);
    }),
  );
});

it('octets in hex escapes are kept', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (octets) => {
      const escaped = parseDn(`cn=${Buffer.from(octets).toString('hex').replace(/../g, '\\$&')}`);
      const parsed = escaped.rdns[0]?.[0]?.value;
      const content = typeof parsed === 'string' ? Buffer.from(parsed) : parsed?.subarray(parsed.length - octets.length);
      expect(content).toEqual(Buffer.from(octets));
      expect(parseDn(formatDn(escaped))).toEqual(escaped);
    }),
  );
});

const parseIfValid = (text: string): Dn | undefined => {
  try {
    return parseDn(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

it('any text is either refused with a SyntaxError or a DN that round trips', () => {
  const text = fc.oneof(
    hostile,
    fc.string(),
    fc.tuple(hostile, hostile).map(([a, b]) => `cn=${a},dc=${b}`),
  );
  fc.assert(
    fc.property(text, (input) => {
      const parsed = parseIfValid(input);
      expect(parsed && parseDn(formatDn(parsed))).toEqual(parsed);
    }),
    { numRuns: 500 },
  );
});

it('the key is a DN of its own that has the same key', () => {
  fc.assert(
    fc.property(dn, (a) => {
      expect(dnKey(parseDn(dnKey(a)))).toBe(dnKey(a));
    }),
  );
});

it('L-036 equal keys, and only those, are equal DNs; case and order of AVAs do not count', () => {
  const respell = (a: Dn): Dn => ({ rdns: a.rdns.map((each) => each.map((x) => ({ ...x, type: x.type.toUpperCase() })).toReversed()) });
  fc.assert(
    fc.property(dn, dn, (a, b) => {
      expect(equalDn(a, b)).toBe(dnKey(a) === dnKey(b));
      expect(equalDn(a, respell(a))).toBe(true);
    }),
  );
});

it('a child lies under its parent and not above it', () => {
  fc.assert(
    fc.property(rdn, dn, (first, parent) => {
      const child = childOf(first, parent);
      expect(parentOf(child)).toEqual(parent);
      expect(isUnder(child, parent)).toBe(true);
      expect(isUnder(parent, child)).toBe(false);
    }),
  );
});

it('the key of a text is that of the DN that it is, and undefined for any other text', () => {
  const plain = fc.stringMatching(/^[A-Za-z0-9._@ -]{0,8}$/);
  const near = fc.tuple(type, plain, fc.constantFrom(',', ', ', ' ,', ',,', ';', '+', '')).map(([a, b, end]) => `${a}=${b}${end}`);
  const text = fc.oneof(
    dn.map(formatDn),
    fc.array(near, { maxLength: 4 }).map((parts) => parts.join('')),
    hostile,
    fc.string(),
  );
  fc.assert(
    fc.property(text, (input) => {
      const parsed = parseIfValid(input);
      expect(dnKeyOf(input)).toBe(parsed && dnKey(parsed));
    }),
    { numRuns: 2000 },
  );
});
