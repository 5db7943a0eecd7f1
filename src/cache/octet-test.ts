// The comparisons of filters on texts that are octets between two offsets.
// RFC 7644 section 3.4.2.2, table 3.
import type { Comparison } from './column.ts';

export type OctetTest = (octets: Uint8Array, start: number, end: number) => boolean;

export function compileOctetTest(operator: Comparison['operator'], wanted: Uint8Array): OctetTest {
  const { length } = wanted;
  switch (operator) {
    case 'eq':
      return (octets, start, end) => end - start === length && hasAt(octets, start, wanted);
    case 'sw':
      return (octets, start, end) => end - start >= length && hasAt(octets, start, wanted);
    case 'ew':
      return (octets, start, end) => end - start >= length && hasAt(octets, end - length, wanted);
    case 'co':
      return (octets, start, end) => {
        for (let at = start; at <= end - length; at += 1) if (hasAt(octets, at, wanted)) return true;
        return false;
      };
    case 'gt':
      return compileOrdering(wanted, (standing) => standing > 0);
    case 'ge':
      return compileOrdering(wanted, (standing) => standing >= 0);
    case 'lt':
      return compileOrdering(wanted, (standing) => standing < 0);
    case 'le':
      return compileOrdering(wanted, (standing) => standing <= 0);
  }
}

/** Most texts are told apart by their first octet. */
function compileOrdering(wanted: Uint8Array, accepts: (standing: number) => boolean): OctetTest {
  const [first, isGreater, isLess] = [wanted[0] ?? -1, accepts(1), accepts(-1)];
  return (octets, start, end) => {
    const octet = start < end ? (octets[start] ?? -1) : -1;
    if (octet !== first) return octet > first ? isGreater : isLess;
    return accepts(compareOctets(octets, start, end, wanted, 0, wanted.length));
  };
}

export function compareOctets(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): number {
  const shared = Math.min(aEnd - aStart, bEnd - bStart);
  for (let index = 0; index < shared; index += 1) {
    const difference = (a[aStart + index] ?? 0) - (b[bStart + index] ?? 0);
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}

function hasAt(octets: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.length; index += 1) if (octets[at + index] !== wanted[index]) return false;
  return true;
}
