// Reads a journal through all of its rotated files, the oldest first, and goes on with what is written while it reads.
// A line that is not whole yet, or was torn by a crash, is no line.
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

interface Opened {
  readonly handle: FileHandle;
  readonly inode: number;
}

/** Octets read at a time. */
const chunk = 65_536;
/** Milliseconds between two looks at a file that is followed. */
const interval = 300;
const lineFeed = 10;

/** @throws Error when there is no journal at all, and nobody wants to wait for one */
export async function* readJournal(
  file: string,
  { since = 0, follow }: { readonly since?: number; readonly follow?: AbortSignal | undefined } = {},
): AsyncIterable<string> {
  const files = await openAll(file, since);
  try {
    if (files.length === 0 && !follow) throw new Error(`there is no journal ${file}`);
    const newest = files.at(-1);
    for (const opened of files) {
      const reader = new LineReader(opened.handle);
      yield* reader.rest();
      if (opened === newest && follow) yield* followFrom(file, opened, reader, follow);
      else yield* reader.tail();
    }
    if (!newest && follow) yield* followFrom(file, undefined, undefined, follow);
  } finally {
    await Promise.all(files.map(({ handle }) => handle.close()));
  }
}

/** From the newest: a rotation meanwhile makes files older, so that none is missed and the same one is met again at the most. */
async function openAll(file: string, since: number): Promise<readonly Opened[]> {
  const found: Opened[] = [];
  const seen = new Set<number>();
  for (let i = 0; ; i++) {
    const handle = await openIfThere(i === 0 ? file : `${file}.${i}`);
    // Just after a rotation there may be no newest file yet.
    if (!handle && i > 0) return found;
    if (!handle) continue;
    const { ino, mtimeMs } = await handle.stat();
    if (seen.has(ino) || mtimeMs < since) await handle.close();
    else found.unshift({ handle, inode: ino });
    seen.add(ino);
  }
}

async function* followFrom(
  file: string,
  first: Opened | undefined,
  reader: LineReader | undefined,
  signal: AbortSignal,
): AsyncIterable<string> {
  let [inode, current, own] = [first?.inode, reader, undefined as FileHandle | undefined];
  try {
    while (!signal.aborted) {
      await sleep(interval, undefined, { signal }).catch(() => undefined);
      const handle = await openIfThere(file);
      const next = handle && (await handle.stat()).ino;
      // What the old file got before it was left comes first.
      if (current) yield* current.rest();
      if (handle && next !== inode) {
        if (current) yield* current.tail();
        await own?.close();
        [inode, current, own] = [next, new LineReader(handle), handle];
        yield* current.rest();
      } else await handle?.close();
    }
  } finally {
    await own?.close();
  }
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole lines of a file that may grow. */
class LineReader {
  readonly #handle: FileHandle;
  #position = 0;
  #parts: Buffer[] = [];

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** The lines that are whole by now. */
  async *rest(): AsyncIterable<string> {
    for (;;) {
      const { bytesRead, buffer } = await this.#handle.read(Buffer.allocUnsafe(chunk), 0, chunk, this.#position);
      if (bytesRead === 0) return;
      this.#position += bytesRead;
      let from = 0;
      for (let at = buffer.indexOf(lineFeed); at !== -1 && at < bytesRead; at = buffer.indexOf(lineFeed, from)) {
        this.#parts.push(buffer.subarray(from, at));
        yield this.#take();
        from = at + 1;
      }
      if (from < bytesRead) this.#parts.push(buffer.subarray(from, bytesRead));
    }
  }

  /** What stands behind the last line feed, if anything. */
  *tail(): Iterable<string> {
    if (this.#parts.length > 0) yield this.#take();
  }

  #take(): string {
    const line = Buffer.concat(this.#parts).toString();
    this.#parts = [];
    return line;
  }
}
