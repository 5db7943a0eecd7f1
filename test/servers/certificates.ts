// A certificate authority and a server certificate of its own, for one server of one test.
// Test set-up only; openssl-req(1), openssl-x509(1).
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificates {
  /** The CA's certificate as PEM text, and where it is. */
  readonly ca: string;
  readonly caFile: string;
  readonly cert: string;
  readonly key: string;
}

/** Writes ca.crt, NAME.crt and NAME.key to the folder. `names` as in subjectAltName: `DNS:localhost`, `IP:127.0.0.1`. */
export async function makeCertificates(dir: string, name: string, names: readonly string[]): Promise<Certificates> {
  await mkdir(dir, { recursive: true });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '3650'];
  const openssl = (...args: readonly string[]): Promise<unknown> => run('openssl', [...args], { cwd: dir });
  await openssl(
    'req',
    '-x509',
    ...key,
    '-subj',
    '/CN=Test CA',
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
  );
  await openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
  await writeFile(join(dir, `${name}.ext`), `subjectAltName=${names.join()}\nextendedKeyUsage=serverAuth\n`);
  const sign = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '3650', '-extfile', `${name}.ext`];
  await openssl('x509', '-req', '-in', `${name}.csr`, ...sign, '-out', `${name}.crt`);
  await chmod(join(dir, `${name}.key`), 0o600);
  const text = (file: string): Promise<string> => readFile(join(dir, file), 'utf8');
  return { ca: await text('ca.crt'), caFile: join(dir, 'ca.crt'), cert: await text(`${name}.crt`), key: await text(`${name}.key`) };
}
