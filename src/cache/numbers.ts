// Lists of numbers that grow: typed arrays with room at the end.
// No RFC.

const large = 1 << 20;

/** The same numbers with room for at least `least`, zeros behind; the array itself while it has the room. */
export function withRoom(numbers: Uint32Array<ArrayBuffer>, least: number): Uint32Array<ArrayBuffer> {
  if (least <= numbers.length) return numbers;
  const grown = new Uint32Array(capacity(least));
  grown.set(numbers);
  return grown;
}

/** As `withRoom`, of octets. */
export function withOctets(octets: Buffer<ArrayBuffer>, least: number): Buffer<ArrayBuffer> {
  if (least <= octets.length) return octets;
  const grown = Buffer.allocUnsafeSlow(capacity(least));
  grown.set(octets);
  return grown;
}

/** Half as much again, of what is large an eighth: so that growing is rare and little room is left unused. */
export function capacity(least: number): number {
  return Math.max(64, least + (least >>> (least < large ? 1 : 3)));
}
