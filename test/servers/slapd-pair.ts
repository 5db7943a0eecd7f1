// Two slapd that replicate to each other, each with an id of its own: what is written to one arrives at the other.
// Test set-up only; slapd.conf(5) (syncrepl, multiprovider, serverID), slapo-syncprov(5).
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, type Overlay, startSlapd, type Slapd } from './slapd.ts';

export interface SlapdPair {
  readonly first: Slapd;
  readonly second: Slapd;
  stop(): Promise<void>;
}

/** Both begin with the same entries. */
export async function startSlapdPair(suffix: string, overlays: readonly Overlay[] = []): Promise<SlapdPair> {
  const [port, otherPort] = [await freePort(), await freePort()];
  const start = (id: 1 | 2, port: number, otherPort: number): Promise<Slapd> =>
    startSlapd({
      suffix,
      port,
      overlays,
      global: `moduleload syncprov\nserverID ${id}`,
      config: [
        `syncrepl rid=00${id} provider=ldap://127.0.0.1:${otherPort} searchbase="${suffix}" type=refreshAndPersist retry="1 +"`,
        `  bindmethod=simple binddn="cn=admin,${suffix}" credentials=secret`,
        'multiprovider on',
        'overlay syncprov',
        'syncprov-checkpoint 1 1',
        'syncprov-sessionlog 1000',
      ].join('\n'),
    });
  const first = await start(1, port, otherPort);
  await first.end();
  const second = await start(2, otherPort, port);
  await second.end();
  await copyData(first, second);
  await first.restart();
  await second.restart();
  return {
    first,
    second,
    stop: async () => {
      await first.stop();
      await second.stop();
    },
  };
}

/** Both must have ended. */
export async function copyData(from: { readonly dir: string }, to: { readonly dir: string }): Promise<void> {
  await rm(join(to.dir, 'db'), { recursive: true, force: true });
  await cp(join(from.dir, 'db'), join(to.dir, 'db'), { recursive: true });
}
