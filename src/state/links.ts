// The names of a row as numbers in one list: those that it is known by, and for each field those that it refers to.
// No RFC. Each list has its length before it; empty ones at the end are left out, so that equal links have equal octets.

/** @param lists the names that the row is known by, then those of each field */
export function packLinks(lists: readonly ArrayLike<number>[]): Uint32Array<ArrayBuffer> {
  let kept = lists.length;
  while (kept > 0 && lists[kept - 1]?.length === 0) kept -= 1;
  let length = kept;
  for (let i = 0; i < kept; i += 1) length += lists[i]?.length ?? 0;
  const links = new Uint32Array(length);
  let at = 0;
  for (let i = 0; i < kept; i += 1) {
    const list = lists[i] ?? [];
    links[at] = list.length;
    links.set(list, at + 1);
    at += 1 + list.length;
  }
  return links;
}

/** The numbers of names that the row is known by. */
export function occupiedBy(links: Uint32Array): Uint32Array {
  return listAt(links, 0);
}

/** The numbers of names that a field refers to. */
export function referredBy(links: Uint32Array, field: number): Uint32Array {
  return listAt(links, field + 1);
}

function listAt(links: Uint32Array, index: number): Uint32Array {
  let at = 0;
  for (let i = 0; i < index && at < links.length; i += 1) at += 1 + (links[at] ?? 0);
  return links.subarray(at + 1, at + 1 + (links[at] ?? 0));
}
