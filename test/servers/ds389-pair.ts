// Two 389 Directory Servers that replicate each other, both taking writes.
// Test set-up only; nsds5Replica and nsds5ReplicationAgreement of the 389 Directory Server reference.
import { openDirectory, type Directory } from '../../src/ldap/directory.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import { type Ds389, startDs389 } from './ds389.ts';

const replica = 'cn=replica,cn=dc\\3Dexample\\2Cdc\\3Dtest,cn=mapping tree,cn=config';
const supplier = { dn: 'cn=replication manager,cn=config', password: 'Replication_Password' };

/** The second has everything that the first has when this returns; from then on each tells the other. */
export async function startDs389Pair(): Promise<readonly [Ds389, Ds389]> {
  const servers = [await startDs389(), await startDs389()] as const;
  const [first, second] = [await open(servers[0]), await open(servers[1])];
  try {
    await takePart(first, servers[0], 1);
    await takePart(second, servers[1], 2);
    await tell(first, servers[1]);
    await fillOther(first);
    await tell(second, servers[0]);
  } finally {
    await first.close();
    await second.close();
  }
  return servers;
}

async function open({ url, adminDn, adminPassword }: Ds389): Promise<Directory> {
  const admin = openDirectory({
    servers: [url],
    bind: { dn: adminDn, password: adminPassword },
    baseDn: parseDn('dc=example,dc=test'),
    timeouts: { connect: 5000, operation: 20_000 },
  });
  await admin.start();
  return admin;
}

const add = (admin: Directory, dn: string, attributes: Readonly<Record<string, readonly string[]>>): Promise<unknown> =>
  admin.add(parseDn(dn), new Map(Object.entries(attributes)));

async function takePart(admin: Directory, { suffix }: Ds389, id: number): Promise<void> {
  await add(admin, supplier.dn, { objectClass: ['top', 'person'], sn: ['manager'], userPassword: [supplier.password] });
  await add(admin, replica, {
    objectClass: ['top', 'nsds5Replica'],
    nsDS5ReplicaRoot: [suffix],
    nsDS5ReplicaId: [String(id)],
    // A supplier with a change log.
    nsDS5ReplicaType: ['3'],
    nsDS5Flags: ['1'],
    nsDS5ReplicaBindDN: [supplier.dn],
    // Seconds until one that was away is tried again.
    nsds5ReplicaBackoffMin: ['1'],
    nsds5ReplicaBackoffMax: ['1'],
  });
}

async function tell(admin: Directory, { suffix, port }: Ds389): Promise<void> {
  await add(admin, `cn=other,${replica}`, {
    objectClass: ['top', 'nsds5ReplicationAgreement'],
    description: ['other'],
    nsDS5ReplicaHost: ['127.0.0.1'],
    nsDS5ReplicaPort: [String(port)],
    nsDS5ReplicaTransportInfo: ['LDAP'],
    nsDS5ReplicaBindMethod: ['SIMPLE'],
    nsDS5ReplicaBindDN: [supplier.dn],
    nsDS5ReplicaCredentials: [supplier.password],
    nsDS5ReplicaRoot: [suffix],
  });
}

/** @throws Error when the second has not got everything within ten seconds */
async function fillOther(admin: Directory): Promise<void> {
  const agreement = parseDn(`cn=other,${replica}`);
  await admin.modify(agreement, [{ operation: 'replace', attribute: 'nsds5BeginReplicaRefresh', values: ['start'] }]);
  let status = '';
  for (let attempt = 0; attempt < 100; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    [status = ''] = (await admin.read(agreement, ['nsds5ReplicaLastInitStatus']))?.texts('nsds5ReplicaLastInitStatus') ?? [];
    if (status.includes('Total update succeeded')) return;
  }
  throw new Error(`389 Directory Server does not fill its replica: ${status}`);
}
