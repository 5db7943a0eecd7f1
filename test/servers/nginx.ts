// nginx with the configuration of the documentation: its places exchanged for those of a test, nothing else.
// Test set-up only; nginx(8).
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Certificates, makeCertificates, makeClientCertificate } from './certificates.ts';
import { ensureInstalled } from './install.ts';
import { freePort } from './port.ts';
import { type Lifecycle, startProcess } from './process.ts';

export interface Nginx extends Lifecycle {
  readonly port: number;
  readonly server: Certificates;
  readonly client: Certificates;
}

export const hostName = 'scim.example.com';

/** @throws Error when the documentation does not say what is exchanged here, or nginx does not start */
export async function startNginx(gatewayPort: number): Promise<Nginx> {
  await ensureInstalled('nginx');
  const dir = await mkdtemp(join(tmpdir(), 'nginx-'));
  const [port, server] = [await freePort(), await makeCertificates(dir, hostName, [`DNS:${hostName}`])];
  const client = await makeClientCertificate(dir, 'robot');
  const places: readonly (readonly [documented: string, here: string])[] = [
    ['127.0.0.1:8080', `127.0.0.1:${gatewayPort}`],
    ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
    ['/etc/nginx/tls/', `${dir}/`],
    ['/etc/nginx/ldap-scim-gateway.proxy', join(dir, 'ldap-scim-gateway.proxy')],
  ];
  let site = await readFile('docs/nginx/ldap-scim-gateway.conf', 'utf8');
  for (const [documented, here] of places) {
    if (!site.includes(documented)) throw new Error(`docs/nginx/ldap-scim-gateway.conf does not say ${documented}`);
    site = site.replaceAll(documented, here);
  }
  await writeFile(join(dir, 'site.conf'), site);
  await writeFile(join(dir, 'ldap-scim-gateway.proxy'), await readFile('docs/nginx/ldap-scim-gateway.proxy', 'utf8'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/${name};`).join(' ');
  const user = process.getuid?.() === 0 ? 'user root; ' : '';
  const file = join(dir, 'nginx.conf');
  await writeFile(
    file,
    `${user}daemon off; master_process off; pid ${dir}/nginx.pid; events {} http { access_log off; ${temporary} include ${dir}/site.conf; }\n`,
  );
  const command = ['nginx', '-p', dir, '-c', file, '-e', join(dir, 'error.log')] as const;
  return { ...(await startProcess({ command, port, dir })), port, server, client };
}
