// A disk of a few megabytes that can be filled to the last octet and emptied again: a tmpfs for root, else a limit on the files of a process.
// Test set-up only; mount(8), prlimit(1), setrlimit(2) RLIMIT_FSIZE.
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  readonly folder: string;
  /** Whether a process that is started meets the full disk, too. */
  readonly outlivesProcesses: boolean;
  /** Nothing more can be written, but for so many octets. @param pid who writes there */
  fill(pid: number, free?: number): void;
  empty(pid: number): void;
  remove(): void;
}

/** @throws Error that says what is missing, where a disk can be made full in no way */
export function makeSmallDisk(megabytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'disk-'));
  return canMount(folder, megabytes) ? mounted(folder) : limited(folder);
}

function canMount(folder: string, megabytes: number): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function mounted(folder: string): SmallDisk {
  const filler = join(folder, 'filler');
  const unmount = (): void => void execFileSync('umount', ['-l', folder]);
  process.once('exit', unmount);
  return {
    folder,
    outlivesProcesses: true,
    fill(_pid, free = 0) {
      const size = fillUp(filler);
      if (free > 0) truncateSync(filler, Math.max(0, size - free));
    },
    empty: () => rmSync(filler, { force: true }),
    remove() {
      process.off('exit', unmount);
      unmount();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @returns octets written until there was no room for one more */
function fillUp(file: string): number {
  const descriptor = openSync(file, 'a');
  let total = 0;
  try {
    for (let size = 1 << 20; size >= 1;) {
      try {
        total += writeSync(descriptor, Buffer.alloc(size));
      } catch {
        size >>= 1;
      }
    }
  } finally {
    closeSync(descriptor);
  }
  return total;
}

/** No file of the process grows: that is not the same error, but where nothing can be mounted the nearest to it. */
function limited(folder: string): SmallDisk {
  const limit = (pid: number, size: string): void => {
    if (!existsSync(`/proc/${pid}`)) return;
    try {
      execFileSync('prlimit', ['--pid', String(pid), `--fsize=${size}:unlimited`], { stdio: 'ignore' });
    } catch (cause) {
      throw new Error('a full disk needs root (mount) or prlimit (util-linux): run the tests as root, or install it', { cause });
    }
  };
  return {
    folder,
    outlivesProcesses: false,
    fill: (pid, free = 0) => limit(pid, String(free)),
    empty: (pid) => limit(pid, 'unlimited'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
