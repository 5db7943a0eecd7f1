// Laws of PDU framing: how a stream is cut into chunks changes nothing.
// RFC 4511 section 5.1.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PduFramer } from '../../src/ldap/framer.ts';
import { encodeMessage } from '../../src/ldap/message.ts';
import { decodeMessage } from '../../src/ldap/response.ts';
import { entry } from '../servers/scripted.ts';

test('any chunking of any PDUs gives the same PDUs', () => {
  const pdu = fc.string({ maxLength: 400 }).map((dn) => entry(1, dn, { cn: [dn] }));
  const cuts = fc.array(fc.nat(), { maxLength: 50 });
  fc.assert(
    fc.property(fc.array(pdu, { maxLength: 6 }), cuts, (pdus, places) => {
      const stream = Buffer.concat(pdus);
      const at = [0, ...places.map((place) => place % (stream.length + 1)), stream.length].toSorted((a, b) => a - b);
      const framer = new PduFramer();
      const framed = at.slice(1).flatMap((end, index) => framer.push(stream.subarray(at[index], end)));
      expect(framed).toEqual(pdus);
      expect(framer.held).toBe(0);
    }),
  );
});

test('values of any octets come back as they were sent', () => {
  const octets = fc.array(
    fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value)),
    { minLength: 1, maxLength: 5 },
  );
  fc.assert(
    fc.property(octets, (values) => {
      const add = encodeMessage(9, { operation: 'add', dn: 'cn=a', attributes: new Map([['x', values]]) });
      // An AddRequest has the form of a SearchResultEntry under another tag.
      const tagAt = add[1] === undefined || add[1] < 0x80 ? 5 : 5 + (add[1] & 0x7f);
      expect(add[tagAt]).toBe(0x68);
      add[tagAt] = 0x64;
      const response = decodeMessage(add);
      expect(response.kind === 'entry' ? response.entry.octets('x') : undefined).toEqual(values);
    }),
  );
});
