// Each way to be told of changes, on slapd as it may be set up, and on the embedded directory: after every kind of outside change the copy is what enumeration finds.
// RFC 4533; slapo-syncprov(5) with and without its session log; entryCSN and modifyTimestamp without it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChangeKind } from '../../../src/ldap/changes/change-source.ts';
import { chooseChanges } from '../../../src/ldap/changes/choose.ts';
import { openDirectory, type Directory } from '../../../src/ldap/directory.ts';
import { parseDn } from '../../../src/ldap/dn.ts';
import { startDemoDirectory } from '../../../src/demo/ldap-server.ts';
import { startSlapd } from '../../servers/slapd.ts';
import { followChange } from './follow-change.ts';
import { Outside, outsideChanges, scope, suffix, watchedBase } from './outside.ts';
import { loadReplicas, type Replica } from './replica.ts';

const watched = { base: watchedBase, scope, idAttributes: ['entryUUID'] };

interface Server {
  readonly url: string;
  readonly adminDn: string;
  readonly adminPassword: string;
  readonly gatewayDn: string;
  readonly gatewayPassword: string;
  stop(): Promise<void>;
}

interface SetUp {
  readonly name: string;
  readonly start: () => Promise<Server>;
  readonly kinds: readonly ChangeKind[];
}

const setUps: readonly SetUp[] = [
  {
    name: 'slapd with syncprov and its session log',
    start: () => startSlapd({ suffix, overlays: ['syncprov', 'memberof', 'refint'] }),
    kinds: ['syncrepl', 'entrycsn', 'timestamp'],
  },
  {
    name: 'slapd with syncprov, without a session log',
    start: () => startSlapd({ suffix, global: 'moduleload syncprov', config: 'overlay syncprov' }),
    kinds: ['syncrepl', 'entrycsn', 'timestamp'],
  },
  {
    name: 'slapd with narrow rights for the gateway',
    start: () => startSlapd({ suffix, overlays: ['syncprov'], access: narrowAccess }),
    kinds: ['syncrepl', 'entrycsn', 'timestamp'],
  },
  { name: 'slapd without syncprov', start: () => startSlapd({ suffix }), kinds: ['entrycsn', 'timestamp'] },
  { name: 'the embedded directory', start: startEmbedded, kinds: ['entrycsn', 'timestamp'] },
];

const narrowAccess = `limits dn.exact="cn=gateway,${suffix}" size.soft=500 size.hard=500 size.prtotal=unlimited
access to dn.base="${suffix}" attrs=entry,objectClass,entryUUID,contextCSN by dn.exact="cn=gateway,${suffix}" read by * none
access to dn.subtree="ou=company,${suffix}" by dn.exact="cn=gateway,${suffix}" read by * none`;

async function startEmbedded(): Promise<Server> {
  const demo = await startDemoDirectory({ suffix, users: 0 });
  const { adminDn, adminPassword } = demo;
  return { ...demo, gatewayDn: adminDn, gatewayPassword: adminPassword, stop: () => demo.close() };
}

describe.each(setUps)('$name', ({ start, kinds }) => {
  let server: Server;
  let [admin, gateway]: Directory[] = [];
  let outside: Outside;
  let replicas: readonly Replica[];

  beforeAll(async () => {
    server = await start();
    const open = async (dn: string, password: string): Promise<Directory> => {
      const servers = [server.url];
      const timeouts = { connect: 10_000, operation: 10_000 };
      const directory = openDirectory({ servers, bind: { dn, password }, baseDn: parseDn(suffix), timeouts, pageSize: 50 });
      await directory.start();
      return directory;
    };
    admin = await open(server.adminDn, server.adminPassword);
    gateway = await open(server.gatewayDn, server.gatewayPassword);
    outside = new Outside(admin);
    await outside.prepare();
    replicas = await loadReplicas(gateway, watched, kinds);
  }, 60_000);
  afterAll(async () => {
    await admin?.close();
    await gateway?.close();
    await server?.stop();
  });

  test('the best of them is chosen by itself', async () => {
    const { source } = await gateway!.session((session) => chooseChanges(session, watched, 'auto'));
    expect(source.kind).toBe(kinds[0]);
  });

  test.each(outsideChanges)('$name is seen', async (change) => {
    const followers = replicas.map((replica) => [gateway!, replica] as const);
    const { kept, held } = await followChange(change, outside, watched, followers);
    expect(kept).toEqual(held);
  });
});
