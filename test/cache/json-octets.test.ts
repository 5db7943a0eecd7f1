// What is found inside JSON is what parsing finds.
// RFC 8259.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eachElement, findMember, memberKey, skipValue } from '../../src/cache/json-octets.ts';

describe('JSON that is not parsed', () => {
  it('has its members and elements where parsing finds them', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 }), fc.string(), (object, other) => {
        const octets = Buffer.from(`${JSON.stringify(object)}behind`);
        expect(skipValue(octets, 0)).toBe(octets.length - 'behind'.length);
        const whole = JSON.parse(JSON.stringify(object)) as Record<string, unknown>;
        for (const name of [...Object.keys(whole), other]) {
          const at = findMember(octets, 0, memberKey(name));
          const value = at < 0 ? undefined : (JSON.parse(octets.toString('utf8', at, skipValue(octets, at))) as unknown);
          expect(value).toEqual(Object.hasOwn(whole, name) ? whole[name] : undefined);
          if (!Array.isArray(value)) continue;
          const elements: unknown[] = [];
          eachElement(octets, at, (start) => elements.push(JSON.parse(octets.toString('utf8', start, skipValue(octets, start)))));
          expect(elements).toEqual(value);
        }
      }),
    );
  });
});
