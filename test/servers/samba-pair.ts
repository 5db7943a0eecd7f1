// Two domain controllers of one domain: the second joins the first, and each takes over what the other has when it is told to.
// Test set-up only; samba-tool(8). No DNS and no Kerberos: addresses and NTLM are enough for DRSUAPI.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { domain, execute, freeAddress, runSamba, type Samba, startSamba } from './samba.ts';

export interface SambaPair {
  readonly servers: readonly [Samba, Samba];
  /** Replicates both ways, once. */
  replicate(): Promise<void>;
}

const services = 'rpc cldap';

export async function startSambaPair(): Promise<SambaPair> {
  const first = await startSamba({ services });
  const dir = join(first.dir, 'second');
  const host = await freeAddress();
  const login = [`-U${domain}\\administrator%${first.adminPassword}`, '--use-kerberos=off'];
  const place = [`--targetdir=${dir}`, `--option=interfaces=${host}/8`, '--option=bind interfaces only=yes', '--option=netbios name=DC2'];
  await execute('samba-tool', 'domain', 'join', 'example.test', 'DC', `--server=${first.host}`, ...login, '--dns-backend=NONE', ...place);
  for (const folder of ['run', 'cache']) await mkdir(join(dir, folder), { recursive: true });
  const second = await runSamba(dir, host, 'DC2', { services });
  const pull = (to: Samba, from: Samba): Promise<void> =>
    execute('samba-tool', 'drs', 'replicate', to.host, from.host, first.suffix, '--local', ...login, '-s', join(to.dir, 'etc/smb.conf'));
  return {
    servers: [first, second],
    async replicate() {
      await pull(second, first);
      await pull(first, second);
    },
  };
}
