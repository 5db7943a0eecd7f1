// Search filters as BER, read into the filter objects of src/ldap.
// RFC 4511 section 4.5.1.7.
import type { BerReader } from 'ldapts';
import type { Filter } from '../ldap/filter.ts';
import { DecodeError, hasMore, nextTag, openElement, readAll, readBoolean, readOctets, readText } from './ber.ts';

const deepest = 100;

/** @throws DecodeError, also for a filter nested more than 100 deep */
export function readFilter(reader: BerReader, depth = 0): Filter {
  if (depth > deepest) throw new DecodeError('filter nested too deep');
  const tag = nextTag(reader);
  switch (tag) {
    case 0xa0:
    case 0xa1:
      return { kind: tag === 0xa0 ? 'and' : 'or', filters: readAll(openElement(reader, tag), (part) => readFilter(part, depth + 1)) };
    case 0xa2:
      return { kind: 'not', filter: readFilter(openElement(reader, tag), depth + 1) };
    case 0xa3:
      return { kind: 'equal', ...readAssertion(reader, tag) };
    case 0xa4:
      return readSubstring(openElement(reader, tag));
    case 0xa5:
      return { kind: 'greaterOrEqual', ...readAssertion(reader, tag) };
    case 0xa6:
      return { kind: 'lessOrEqual', ...readAssertion(reader, tag) };
    case 0x87:
      return { kind: 'present', attribute: readText(reader, tag) };
    case 0xa8:
      return { kind: 'approx', ...readAssertion(reader, tag) };
    case 0xa9:
      return readExtensible(openElement(reader, tag));
    default:
      throw new DecodeError(`unknown filter choice 0x${tag.toString(16)}`);
  }
}

function readAssertion(reader: BerReader, tag: number): { readonly attribute: string; readonly value: Buffer } {
  const assertion = openElement(reader, tag);
  const attribute = readText(assertion);
  return { attribute, value: readOctets(assertion) };
}

function readSubstring(body: BerReader): Filter {
  const attribute = readText(body);
  const parts = readAll(openElement(body), (reader) => {
    const position = nextTag(reader);
    return { position, value: readOctets(reader, position) };
  });
  const last = parts.length - 1;
  const misplaced = parts.some(
    ({ position }, at) => (position === 0x80 && at > 0) || (position === 0x82 && at < last) || position < 0x80 || position > 0x82,
  );
  if (last < 0 || misplaced) throw new DecodeError('substrings out of order');
  const initial = parts.find(({ position }) => position === 0x80);
  const final = parts.find(({ position }) => position === 0x82);
  return {
    kind: 'substring',
    attribute,
    any: parts.filter(({ position }) => position === 0x81).map(({ value }) => value),
    ...(initial && { initial: initial.value }),
    ...(final && { final: final.value }),
  };
}

function readExtensible(body: BerReader): Filter {
  const rule = nextTag(body) === 0x81 ? { rule: readText(body, 0x81) } : {};
  const attribute = nextTag(body) === 0x82 ? { attribute: readText(body, 0x82) } : {};
  const value = readOctets(body, 0x83);
  return { kind: 'extensible', ...rule, ...attribute, value, dnAttributes: hasMore(body) && readBoolean(body, 0x84) };
}
