// Finds values inside JSON without parsing the rest of it. The JSON must be as `JSON.stringify` writes it: without blanks.
// RFC 8259.

const [quote, backslash, comma, minus] = [0x22, 0x5c, 0x2c, 0x2d];
const [openArray, closeArray, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/** What `findMember` looks for. */
export function memberKey(name: string): Buffer {
  return Buffer.from(`${JSON.stringify(name)}:`);
}

/** Where the value of a member begins, of the object that begins at `object`; -1 where it has none of that name. */
export function findMember(octets: Buffer, object: number, key: Buffer): number {
  let at = object + 1;
  while (octets[at] === quote) {
    const value = skipString(octets, at) + 1;
    if (value - at === key.length && hasOctets(octets, at, key)) return value;
    at = skipValue(octets, value);
    if (octets[at] !== comma) return -1;
    at += 1;
  }
  return -1;
}

/** Calls `visit` with where each member of an object begins, its value begins, and both end, until it answers true. */
export function someMember(octets: Buffer, object: number, visit: (at: number, value: number, end: number) => boolean): boolean {
  for (let at = object + 1; octets[at] === quote;) {
    const value = skipString(octets, at) + 1;
    const end = skipValue(octets, value);
    if (visit(at, value, end)) return true;
    at = octets[end] === comma ? end + 1 : end;
  }
  return false;
}

/** Where a value ends that begins at `at`. */
export function skipValue(octets: Buffer, at: number): number {
  const first = octets[at];
  if (first === quote) return skipString(octets, at);
  let end = at;
  if (first !== openArray && first !== openObject) {
    while (end < octets.length && !isEnd(octets[end])) end += 1;
    return end;
  }
  let depth = 0;
  for (;;) {
    const octet = octets[end];
    if (octet === quote) {
      end = skipString(octets, end);
      continue;
    }
    end += 1;
    if (octet === openArray || octet === openObject) depth += 1;
    else if (octet === closeArray || octet === closeObject) depth -= 1;
    if (depth === 0 || end >= octets.length) return end;
  }
}

/** Calls `visit` with where each element of an array begins, or of what is none, that itself. */
export function eachElement(octets: Buffer, at: number, visit: (at: number) => void): void {
  if (octets[at] !== openArray) return visit(at);
  for (let element = at + 1; octets[element] !== closeArray && element < octets.length;) {
    visit(element);
    element = skipValue(octets, element);
    if (octets[element] === comma) element += 1;
  }
}

export function isObjectAt(octets: Buffer, at: number): boolean {
  return octets[at] === openObject;
}

export function isArrayAt(octets: Buffer, at: number): boolean {
  return octets[at] === openArray;
}

export function isStringAt(octets: Buffer, at: number): boolean {
  return octets[at] === quote;
}

export function isNumberAt(octets: Buffer, at: number): boolean {
  const first = octets[at] ?? 0;
  return first === minus || (first >= 0x30 && first <= 0x39);
}

/** Where the string ends that begins at `at`, its quotes included. */
export function skipString(octets: Buffer, at: number): number {
  let end = at + 1;
  for (; end < octets.length; end += 1) {
    const octet = octets[end];
    if (octet === quote) return end + 1;
    if (octet === backslash) end += 1;
  }
  return end;
}

function isEnd(octet: number | undefined): boolean {
  return octet === comma || octet === closeArray || octet === closeObject;
}

export function hasOctets(octets: Buffer, at: number, wanted: Buffer): boolean {
  for (let index = 0; index < wanted.length; index += 1) if (octets[at + index] !== wanted[index]) return false;
  return true;
}
