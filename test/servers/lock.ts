// Work that only one process of this machine does at a time: installing packages, making a template that servers are copies of.
// Test set-up only. A folder is the lock: making one is atomic between processes.
import { access, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const patience = 5 * 60_000;

/** Waits for its turn; a lock whose owner is dead, or that is held for five minutes, is taken over. */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const lock = join(tmpdir(), `ldap-scim-gateway-${name}.lock`);
  const deadline = Date.now() + patience;
  while (
    !(await mkdir(lock).then(
      () => true,
      () => false,
    ))
  ) {
    if (Date.now() > deadline || (await isAbandoned(lock))) await rm(lock, { recursive: true, force: true });
    else await sleep(200);
  }
  try {
    await writeFile(join(lock, 'pid'), String(process.pid));
    return await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

/** Makes a folder once for this machine; `make` fills one beside it that has its name when it is whole. */
export async function makeTemplate(template: string, make: (dir: string) => Promise<void>): Promise<void> {
  if (await exists(template)) return;
  await withLock(basename(template), async () => {
    if (await exists(template)) return;
    const dir = `${template}.new`;
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir);
    await make(dir);
    await rename(dir, template);
  });
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function isAbandoned(lock: string): Promise<boolean> {
  const pid = await readFile(join(lock, 'pid'), 'utf8').catch(() => undefined);
  if (pid === undefined)
    return stat(lock).then(
      ({ mtimeMs }) => Date.now() - mtimeMs > 10_000,
      () => false,
    );
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch {
    return true;
  }
}
