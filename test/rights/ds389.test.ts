// What `rights` prints for 389 Directory Server, applied to a private one: enough for the gateway, nothing more, and `check` sees the difference.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { check } from '../../src/commands/check.ts';
import { printRights } from '../../src/commands/rights.ts';
import { connect } from '../../src/ldap/connection.ts';
import { runCommand } from '../commands/captured.ts';
import { serverEnvironment } from '../servers/install.ts';
import { startDs389 } from '../servers/ds389.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { configureAccount, exercise } from './applied.ts';

const run = promisify(execFile);

test(
  'the printed ACIs are enough for the gateway and for nothing else; `check` sees what they leave out',
  { timeout: 60_000 },
  async () => {
    const server = await startDs389();
    const dir = await mkdtemp(join(tmpdir(), 'rights-'));
    try {
      const bindDn = `cn=scim,${server.suffix}`;
      const modify = async (name: string, ldif: string, ...options: readonly string[]): Promise<void> => {
        await writeFile(join(dir, name), ldif);
        await run(
          'ldapmodify',
          ['-x', '-H', server.url, '-D', server.adminDn, '-w', server.adminPassword, ...options, '-f', join(dir, name)],
          { env: serverEnvironment },
        );
      };
      const inetOrgPerson = (uid: string, place: string): string =>
        `dn: uid=${uid},${place},${server.suffix}\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: ${uid}\nsn: ${uid}\n`;
      await modify(
        'entries.ldif',
        [
          `dn: ${bindDn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: scim\nuserPassword: scim-password\n`,
          `dn: ou=other,${server.suffix}\nobjectClass: organizationalUnit\nou: other\n`,
          inetOrgPerson('outside', 'ou=other'),
          inetOrgPerson('inside', 'ou=people'),
        ].join('\n'),
        '-a',
      );
      const { ldapsUrl: url, caFile, suffix } = server;
      const account = await configureAccount({
        dir,
        type: '389ds',
        url,
        caFile,
        bindDn,
        password: 'scim-password',
        suffix,
        mapping: '389ds',
      });
      const checked = async () => (await runCommand(check, { config: account.file })).output;

      expect(await checked()).toContain('ERROR  ou=people,dc=example,dc=test does not exist, or the bind account may not see it');

      const ldif = printRights(account.directory).replaceAll('\n ', '');
      // The same rules without one attribute to write.
      const lacking = ldif.replace(/title \|\| ([^\n]*acl "SCIM gateway: write User")/, '$1');
      expect(lacking).not.toBe(ldif);
      await modify('lacking.ldif', lacking);
      expect(await checked()).toMatch(/ERROR {2}title -> title: the bind account may not write it \(get effective rights\)/);
      await modify('rights.ldif', ldif.replaceAll(/^add: aci/gm, 'replace: aci'));
      expect(await checked()).toMatch(/^0 errors/m);
      await exercise(account, 'ann', 'userName');

      const connection = await connect({
        url: server.url,
        bind: { dn: bindDn, password: 'scim-password' },
        timeouts: { connect: 5000, operation: 5000 },
      });
      const replace = async (dn: string, attribute: string, value: string): Promise<number> =>
        (
          await connection.request({
            operation: 'modify',
            dn: `${dn},${suffix}`,
            changes: [{ operation: 'replace', attribute, values: [value] }],
          })
        ).resultCode;
      expect(await replace('uid=inside,ou=people', 'title', 'x')).toBe(0);
      const unit = new Map([
        ['objectClass', ['organizationalUnit']],
        ['ou', ['x']],
      ]);
      expect([
        await replace('uid=inside,ou=people', 'roomNumber', 'x'),
        await replace('uid=outside,ou=other', 'title', 'x'),
        await replace('cn=scim', 'description', 'x'),
        await replace('ou=people', 'aci', 'x'),
        (await connection.request({ operation: 'add', dn: `ou=x,ou=people,${suffix}`, attributes: unit })).resultCode,
        (await connection.request({ operation: 'delete', dn: `ou=other,${suffix}` })).resultCode,
      ]).toEqual([50, 50, 50, 50, 50, 50]);
      connection.close();
    } finally {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    }
  },
);
