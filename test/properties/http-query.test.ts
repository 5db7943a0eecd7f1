// Laws of the readers in front of the use cases: what an encoder of the platform writes, they read back; nothing makes them fail otherwise.
// RFC 3986 section 2.1; RFC 8259; RFC 9110 section 8.8.3.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseBody } from '../../src/http/body.ts';
import { readConditions } from '../../src/http/conditions.ts';
import { readQuery } from '../../src/http/query.ts';
import { ScimError } from '../../src/scim/error.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test('a query reads back what URLSearchParams and encodeURIComponent write (R-018)', () => {
  const text = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(text, text, (filter, sortBy) => {
      const expected = [
        ['filter', filter],
        ['sortby', sortBy],
      ];
      expect([...readQuery(`/Users?${new URLSearchParams({ filter, sortBy }).toString()}`)]).toEqual(expected);
      expect([...readQuery(`/Users?filter=${encodeURIComponent(filter)}&sortBy=${encodeURIComponent(sortBy)}`)]).toEqual(expected);
    }),
  );
});

test('any URL, body or entity tag is read or refused with a ScimError 400', () => {
  const readers = [
    (text: string) => readQuery(`/?${text}`),
    (text: string) => parseBody(bytesOf(text)),
    (text: string) => readConditions({ 'if-match': text }),
  ];
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.stringMatching(/^[%+&=a-f0-9"W/,*{}[\]:]{0,40}$/)), (text) => {
      for (const read of readers) {
        const outcome = attempt(() => read(text));
        expect(outcome instanceof ScimError ? outcome.status : outcome).toBe(outcome instanceof ScimError ? 400 : undefined);
      }
    }),
  );
});

test('an object that is nested no deeper than allowed reads back', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 20 })), (body) => {
      expect(parseBody(bytesOf(JSON.stringify(body)))).toEqual(JSON.parse(JSON.stringify(body)));
    }),
  );
});

test('a list of entity tags reads back', () => {
  const tag = fc.stringMatching(/^(?:W\/)?"[!#-~]{0,8}"$/);
  fc.assert(
    fc.property(fc.array(tag, { minLength: 1 }), fc.constantFrom(',', ', ', ' , '), (tags, separator) => {
      expect(readConditions({ 'if-match': tags.join(separator) })).toEqual({ ifMatch: tags });
    }),
  );
});

/** What a call threw. */
function attempt(call: () => unknown): unknown {
  try {
    call();
    return undefined;
  } catch (error) {
    return error;
  }
}
