// The contract over the directory of the demo with the face of Active Directory: no Samba is needed to see what the gateway does there.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemoDirectory } from '../../src/demo/ldap-server.ts';
import { makeCertificates } from '../servers/certificates.ts';
import { freePort } from '../servers/port.ts';
import { describeContract } from './contract.ts';
import { type Face, samba } from './faces.ts';

const embedded: Face = {
  ...samba,
  name: 'the embedded directory as Active Directory',
  type: 'active-directory',
  durable: false,
  async start() {
    const dir = await mkdtemp(join(tmpdir(), 'demo-active-directory-'));
    const certificates = await makeCertificates(dir, 'dc1', ['DNS:localhost', 'IP:127.0.0.1']);
    const { ca, cert, key } = certificates;
    const port = await freePort();
    const tls = { certificate: cert, key };
    const options = { face: 'active-directory', port, suffix: 'DC=example,DC=test', users: 0, tls } as const;
    let running = await startDemoDirectory(options);
    const { url, suffix, adminDn, adminPassword } = running;
    const account = { adminDn, adminPassword, gatewayDn: adminDn, gatewayPassword: adminPassword };
    return {
      ...account,
      url,
      port,
      suffix,
      tls: { host: '127.0.0.1', port, ca, certificates },
      kill: () => running.close(),
      async restart() {
        running = await startDemoDirectory(options);
      },
      async stop() {
        await running.close();
        await rm(dir, { recursive: true, force: true });
      },
    };
  },
};

describeContract(embedded);
