// The right to see what was deleted, given to one account as an administrator gives it: own the container first, then add to its list.
// Test set-up only; MS-ADTS 3.1.1.5.5, MS-DTYP 2.4.6 (security descriptor), 2.4.5 (list), 2.4.4.2 (entry). On Windows: dsacls /takeownership, /G.
import { connect, type Connection } from '../../src/ldap/connection.ts';
import { plainControl } from '../../src/ldap/controls.ts';
import type { Entry } from '../../src/ldap/entry.ts';
import { present } from '../../src/ldap/filter.ts';
import type { Control } from '../../src/ldap/message.ts';
import type { Samba } from './samba.ts';

const attribute = 'nTSecurityDescriptor';
const [owner, discretionaryList] = [1, 4];
/** List contents and read properties. */
const rights = 0x14;
const headerLength = 20;

const withParts = (parts: number): readonly Control[] => [
  plainControl('showDeleted', true),
  { oid: '1.2.840.113556.1.4.801', critical: true, value: Buffer.from([0x30, 3, 2, 1, parts]) },
];

/** @returns what takes the right away again */
export async function grantDeletedObjects(samba: Samba, account = samba.gatewayDn): Promise<() => Promise<void>> {
  const container = `CN=Deleted Objects,${samba.suffix}`;
  const write = async (admin: Connection, descriptor: Buffer, parts: number): Promise<void> => {
    const changes = [{ operation: 'replace', attribute, values: [descriptor] }] as const;
    const request = { operation: 'modify', dn: container, changes } as const;
    const { resultCode, diagnostic } = await admin.request(request, { controls: withParts(parts) });
    if (resultCode !== 0) throw new Error(`${container}: ${resultCode} ${diagnostic}`);
  };
  const asAdministrator = async <T>(work: (admin: Connection) => Promise<T>): Promise<T> => {
    const bind = { dn: samba.adminDn, password: samba.adminPassword };
    const admin = await connect({ url: samba.url, bind, tls: { ca: [samba.ca] }, timeouts: { connect: 10_000, operation: 20_000 } });
    return work(admin).finally(() => admin.close());
  };
  const before = await asAdministrator(async (admin) => {
    const [administrator, sid] = [await readOctets(admin, samba.adminDn, 'objectSid'), await readOctets(admin, account, 'objectSid')];
    await write(admin, Buffer.concat([header(headerLength, 0), administrator]), owner);
    const list = listOf(await readOctets(admin, container, attribute, withParts(discretionaryList)));
    await write(admin, Buffer.concat([header(0, headerLength), withEntry(list, sid)]), discretionaryList);
    return list;
  });
  return () => asAdministrator((admin) => write(admin, Buffer.concat([header(0, headerLength), before]), discretionaryList));
}

async function readOctets(admin: Connection, base: string, name: string, controls: readonly Control[] = []): Promise<Buffer> {
  const search = { base, scope: 'base', filter: present('objectClass'), attributes: [name], sizeLimit: 0, timeLimit: 0 } as const;
  let found: Entry | undefined;
  for await (const responses of admin.search(search, { controls })) {
    for (const response of responses) if (response.kind === 'entry') found = response.entry;
  }
  const octets = found?.octets(name)[0];
  if (octets === undefined) throw new Error(`${base} has no ${name}`);
  return octets;
}

/** Self-relative, and where the owner and the list begin; 0 for none. */
function header(ownerAt: number, listAt: number): Buffer {
  const octets = Buffer.alloc(headerLength);
  octets.writeUInt8(1, 0);
  octets.writeUInt16LE(listAt === 0 ? 0x8000 : 0x8004, 2);
  octets.writeUInt32LE(ownerAt, 4);
  octets.writeUInt32LE(listAt, 16);
  return octets;
}

function listOf(descriptor: Buffer): Buffer {
  const at = descriptor.readUInt32LE(16);
  return descriptor.subarray(at, at + descriptor.readUInt16LE(at + 2));
}

/** The list with one more entry, in front: what it allows. */
function withEntry(list: Buffer, sid: Buffer): Buffer {
  const entry = Buffer.alloc(8);
  entry.writeUInt16LE(entry.length + sid.length, 2);
  entry.writeUInt32LE(rights, 4);
  const longer = Buffer.concat([list.subarray(0, 8), entry, sid, list.subarray(8)]);
  longer.writeUInt16LE(longer.length, 2);
  longer.writeUInt16LE(list.readUInt16LE(4) + 1, 4);
  return longer;
}
