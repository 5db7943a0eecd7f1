// A slapd that holds the population: loaded with slapadd while it is stopped, for more than one string can hold.
// slapadd(8).
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { ensureSlapd, serverEnvironment } from '../servers/install.ts';
import { type Slapd, startSlapd } from '../servers/slapd.ts';
import { formatLdif, suffix } from './population.ts';

const run = promisify(execFile);

/** As an administrator would for so many entries; values of a large group are found by halving. */
const global = 'sortvals member';
const database = 'maxsize 17179869184\nindex manager eq';

export async function startDirectory(users: number): Promise<Slapd> {
  const server = await startSlapd({ suffix, overlays: ['syncprov'], global, config: database });
  await server.end();
  const file = join(server.dir, 'population.ldif');
  await pipeline(Readable.from(inChunks(formatLdif(users))), createWriteStream(file, { mode: 0o644 }));
  // With the state of syncprov (-w): what it says it has reached must not lie before what was loaded.
  const slapadd = ['slapadd', '-q', '-w', '-f', join(server.dir, 'slapd.conf'), '-b', suffix, '-l', file];
  const [command = '', ...args] = [...(await ensureSlapd()), ...slapadd];
  await run(command, args, { env: serverEnvironment });
  await rm(file);
  await server.restart();
  return server;
}

/** One write for many small pieces. */
function* inChunks(pieces: Iterable<string>): Iterable<string> {
  let chunk = '';
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length < 65_536) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}
