// A tar archive of a few small files, gzipped.
// POSIX.1-2017, pax utility, "ustar Interchange Format"; RFC 1952.
import { gzipSync } from 'node:zlib';

export interface PackedFile {
  /** At most 100 characters of ASCII. */
  readonly name: string;
  readonly text: string;
}

const block = 512;

/** @param time epoch milliseconds, for all of them */
export function packFiles(folder: string, files: readonly PackedFile[], time: number): Buffer {
  const parts = files.flatMap(({ name, text }) => {
    const content = Buffer.from(text);
    return [header(`${folder}/${name}`, content.length, time), content, Buffer.alloc(-content.length & (block - 1))];
  });
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * block)]));
}

function header(name: string, size: number, time: number): Buffer {
  const bytes = Buffer.alloc(block);
  const octal = (value: number, at: number, digits: number): void => {
    bytes.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'latin1');
  };
  bytes.write(name, 0, 100, 'latin1');
  octal(0o600, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(Math.floor(time / 1000), 136, 11);
  bytes.write('        0', 148, 'latin1');
  bytes.write('ustar\x0000', 257, 'latin1');
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}
