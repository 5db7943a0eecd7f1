// Fail-over between two slapds in mirror mode.
// slapd.conf(5), RFC 4533.
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, type SlapdOptions, startSlapd } from '../servers/slapd.ts';
import { describeFailOver, type Replicas } from './fail-over.ts';
import { slapd } from './faces.ts';

const suffix = 'dc=example,dc=test';

/** Each tells the other at once; the databases of the second are a copy, so that the ids are the same. */
async function startMirror(): Promise<Replicas> {
  const ports = [await freePort(), await freePort()] as const;
  const options = (own: 0 | 1): SlapdOptions => ({
    port: ports[own],
    overlays: ['refint', 'syncprov'],
    global: `serverID ${own + 1}`,
    config: [
      `syncrepl rid=001 provider=ldap://127.0.0.1:${ports[own === 0 ? 1 : 0]} type=refreshAndPersist retry="1 +" searchbase="${suffix}"`,
      `  bindmethod=simple binddn="cn=admin,${suffix}" credentials=secret`,
      'mirrormode on',
    ].join('\n'),
  });
  const first = await startSlapd(options(0));
  const second = await startSlapd(options(1));
  await Promise.all([first.kill(), second.kill()]);
  for (const file of await readdir(join(second.dir, 'db'))) await rm(join(second.dir, 'db', file));
  await cp(join(first.dir, 'db', 'data.mdb'), join(second.dir, 'db', 'data.mdb'));
  await Promise.all([first.restart(), second.restart()]);
  return { servers: [first, second] };
}

describeFailOver({ face: slapd, startReplicas: startMirror });
