// A private file that lines are appended to, and that is rotated by size and age: file, file.1 (the newest of the old ones), file.2 and so on.
// Nobody waits for it, and what cannot be written is reported and dropped: a full disk stops no request.
import { channel } from 'node:diagnostics_channel';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';

export interface LineFileOptions {
  readonly file: string;
  readonly maxBytes: number;
  /** How many old files stay. */
  readonly keep: number;
  /** Milliseconds after which a file is left for a new one; without it, size alone decides. */
  readonly maxAge?: number | undefined;
}

const lineFeed = 10;

/** Lines that wait at the most while the disk is slow. */
const longestQueue = 10_000;

const events = channel('ldap-scim-gateway:event');

export class LineFile {
  readonly #options: LineFileOptions;
  #waiting: string[] = [];
  #dropped = 0;
  #writing: Promise<void> | undefined;
  #handle: FileHandle | undefined;
  #size = 0;
  /** Epoch milliseconds: when the file was begun. */
  #begun = 0;
  #stale = false;
  #failing = false;

  constructor(options: LineFileOptions) {
    this.#options = options;
  }

  write(line: string): void {
    if (this.#waiting.length >= longestQueue) this.#dropped += 1;
    else this.#waiting.push(`${line}\n`);
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
  }

  /** The file may have been moved away: the next line goes to what has its name then. */
  reopen(): void {
    this.#stale = true;
  }

  /** Resolves when all lines are in the file. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#leave();
  }

  async #writeAll(): Promise<void> {
    // What is published at the same moment is written at once.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      try {
        await this.#append(lines);
        this.#succeed();
      } catch (error) {
        this.#report(error, lines.length);
        await this.#leave().catch(() => undefined);
      }
    }
  }

  async #append(lines: readonly string[]): Promise<void> {
    let batch = '';
    for (const line of lines) {
      if (this.#stale) await this.#leave();
      this.#handle ??= await this.#open();
      const bytes = Buffer.byteLength(line);
      if (this.#size > 0 && (this.#size + bytes > this.#options.maxBytes || this.#isOld())) {
        await this.#flush(batch);
        batch = '';
        await this.#rotate();
      }
      batch += line;
      this.#size += bytes;
    }
    await this.#flush(batch);
  }

  #isOld(): boolean {
    const { maxAge } = this.#options;
    return maxAge !== undefined && Date.now() - this.#begun >= maxAge;
  }

  async #flush(batch: string): Promise<void> {
    if (batch !== '') await this.#handle?.appendFile(batch);
  }

  async #open(): Promise<FileHandle> {
    const handle = await open(this.#options.file, 'a+', 0o600);
    try {
      // Also of a file that was there with other rights.
      await handle.chmod(0o600);
      const { size, birthtimeMs, mtimeMs } = await handle.stat();
      this.#size = size;
      // Some file systems do not know when a file was made.
      this.#begun = size === 0 ? Date.now() : birthtimeMs || mtimeMs;
      await endLine(handle, size);
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async #rotate(): Promise<void> {
    const { file, keep } = this.#options;
    await this.#leave();
    const names = [file, ...Array.from({ length: keep }, (_, i) => `${file}.${i + 1}`)];
    await rm(names.at(-1) ?? file, { force: true });
    for (let i = names.length - 2; i >= 0; i--) await rename(names[i] ?? '', names[i + 1] ?? '').catch(ignoreAbsence);
    this.#handle = await this.#open();
  }

  async #leave(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    this.#stale = false;
    await handle?.close();
  }

  #succeed(): void {
    if (this.#dropped === 0 && !this.#failing) return;
    events.publish({ level: 'warn', event: 'the audit log is written again', lost: this.#dropped });
    this.#dropped = 0;
    this.#failing = false;
  }

  /** Reported once, not for each line. */
  #report(error: unknown, lines: number): void {
    this.#dropped += lines;
    if (this.#failing) return;
    this.#failing = true;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    events.publish({ level: 'error', event: 'the audit log cannot be written', code });
  }
}

/** A crash may have torn the last line: the next one does not go on there. */
async function endLine(handle: FileHandle, size: number): Promise<void> {
  if (size === 0) return;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer[0] !== lineFeed) await handle.appendFile('\n');
}

function ignoreAbsence(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
