// Bodies as bytes: cut off, doubled, in another encoding, compressed.
// Test set-up only; RFC 8259, RFC 9110 section 8.4.
import { gzipSync } from 'node:zlib';
import type { Header } from './headers.ts';
import type { Random } from './random.ts';

export function spoilBytes(body: Buffer, random: Random): Buffer {
  const at = random.below(body.length + 1);
  const insert = (bytes: Buffer): Buffer => Buffer.concat([body.subarray(0, at), bytes, body.subarray(at)]);
  return random.weigh<() => Buffer>([
    [4, () => body.subarray(0, at)],
    [3, () => insert(Buffer.from([random.below(256)]))],
    [2, () => insert(Buffer.from(random.pick(['c080', 'eda080', 'ff', 'f4908080', '00', 'efbbbf', 'e2']), 'hex'))],
    [1, () => Buffer.concat([Buffer.from('\ufeff'), body])],
    [1, () => Buffer.from(body.toString(), 'utf16le')],
    [1, () => Buffer.concat([body, body])],
    [1, () => Buffer.concat([body, Buffer.from(random.pick([' ', '\0', '}', ']', '//x', ',']))])],
    [1, () => Buffer.from(random.pick(['', ' ', 'null', '[]', '"x"', '1', 'true', '{}', '{', '[{}]', '{"schemas":', 'a=b&c=d', '<xml/>']))],
    [0.2, () => Buffer.concat([body, Buffer.alloc(random.pick([1_000_000, 1_100_000, 3_000_000]), ' ')])],
  ])();
}

export function encoded(body: Buffer, headers: Header[], random: Random): Buffer {
  const encoding = random.pick(['gzip', 'GZIP', 'gzip', 'deflate', 'br', 'identity', 'gzip, gzip', 'x-gzip', '']);
  headers.push(['Content-Encoding', encoding]);
  return random.weigh<() => Buffer>([
    [6, () => gzipSync(body, { level: 1 })],
    [2, () => body],
    [1, () => gzipSync(body, { level: 1 }).subarray(0, -5)],
    [0.3, () => gzipSync(Buffer.alloc(20_000_000, '['), { level: 1 })],
  ])();
}
