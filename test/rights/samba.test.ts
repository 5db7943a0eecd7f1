// What `rights` prints for Samba, run on a private domain controller: enough for the gateway, nothing more, and `check` sees the difference.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { check } from '../../src/commands/check.ts';
import { printRights } from '../../src/commands/rights.ts';
import { connect } from '../../src/ldap/connection.ts';
import { openDirectory } from '../../src/ldap/directory.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import { runCommand } from '../commands/captured.ts';
import { serverEnvironment } from '../servers/install.ts';
import { startSamba } from '../servers/samba.ts';
import { configureAccount, exercise } from './applied.ts';

const run = promisify(execFile);
const timeouts = { connect: 10_000, operation: 20_000 };
const mapping = `version: 1
extends: samba-ad
resources:
  User:
    search: { bases: [{ dn: "OU=Staff,{baseDn}" }] }
    create: { placement: [{ base: "OU=Staff,{baseDn}" }] }
  Group:
    search: { bases: [{ dn: "OU=Groups,{baseDn}" }] }
    create: { placement: [{ base: "OU=Groups,{baseDn}" }] }
`;

test('the printed script is enough for the gateway and for nothing else; `check` sees what was missing', { timeout: 90_000 }, async () => {
  const server = await startSamba();
  const dir = await mkdtemp(join(tmpdir(), 'rights-'));
  const { url, suffix } = server;
  const [tls, password, bindDn] = [{ ca: [server.ca] }, 'Scim-Passw0rd!', `CN=scim,OU=Services,${suffix}`];
  const admin = openDirectory({
    servers: [url],
    bind: { dn: server.adminDn, password: server.adminPassword },
    baseDn: parseDn(suffix),
    tls,
    timeouts,
  });
  try {
    await admin.start();
    const user = (name: string) =>
      new Map<string, readonly (string | Buffer)[]>([
        ['objectClass', ['user']],
        ['sAMAccountName', [name]],
        ['userPrincipalName', [`${name}@example.test`]],
        ['userAccountControl', ['66048']],
        ['unicodePwd', [Buffer.from(`"${password}"`, 'utf16le')]],
      ]);
    await admin.add(parseDn(bindDn), user('scim'));
    await admin.add(parseDn(`CN=inside,OU=Staff,${suffix}`), user('inside'));
    await writeFile(join(dir, 'mapping.yaml'), mapping);
    const account = await configureAccount({
      dir,
      type: 'samba-ad',
      url,
      caFile: server.certificates.caFile,
      bindDn,
      password,
      suffix,
      mapping: 'mapping.yaml',
    });
    const checked = async () => (await runCommand(check, { config: account.file })).output;

    const before = await checked();
    expect(before).toMatch(/ERROR {2}the bind account may not write .*displayName.* \(allowedAttributesEffective\)/);
    expect(before).toMatch(/ERROR {2}the bind account may not create entries here/);

    await writeFile(join(dir, 'rights.sh'), printRights(account.directory));
    await run('sh', [join(dir, 'rights.sh')], {
      env: { ...serverEnvironment, SAM: join(server.dir, 'private/sam.ldb'), SMB_CONF_PATH: join(server.dir, 'etc/smb.conf') },
    });
    expect(await checked()).toMatch(/^0 errors/m);
    await exercise(account, 'ann@example.test', 'displayName');

    const connection = await connect({ url, bind: { dn: bindDn, password }, tls, timeouts });
    const replace = async (dn: string, attribute: string, value: string): Promise<number> =>
      (await connection.request({ operation: 'modify', dn, changes: [{ operation: 'replace', attribute, values: [value] }] })).resultCode;
    expect(await replace(`CN=inside,OU=Staff,${suffix}`, 'title', 'x')).toBe(0);
    const unit = new Map([['objectClass', ['organizationalUnit']]]);
    expect([
      await replace(`CN=inside,OU=Staff,${suffix}`, 'physicalDeliveryOfficeName', 'x'),
      await replace(server.gatewayDn, 'title', 'x'),
      await replace(`OU=Staff,${suffix}`, 'description', 'x'),
      (await connection.request({ operation: 'add', dn: `OU=x,OU=Staff,${suffix}`, attributes: unit })).resultCode,
      (await connection.request({ operation: 'delete', dn: `OU=Contractors,OU=Staff,${suffix}` })).resultCode,
    ]).toEqual([50, 50, 50, 50, 50]);
    connection.close();
  } finally {
    await admin.close();
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  }
});
