// A certificate authority and a server certificate of its own, for one server of one test.
// Test set-up only; openssl-req(1), openssl-x509(1).
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export interface Certificates {
  /** The CA's certificate as PEM text, and where it is. */
  readonly ca: string;
  readonly caFile: string;
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** The server's certificate ended yesterday. */
  readonly expired?: boolean;
  /** Of the authority that is in the folder already. */
  readonly sameAuthority?: boolean;
}

/** Writes ca.crt, NAME.crt and NAME.key to the folder. `names` as in subjectAltName: `DNS:localhost`, `IP:127.0.0.1`. */
export async function makeCertificates(
  dir: string,
  name: string,
  names: readonly string[],
  options: CertificateOptions = {},
): Promise<Certificates> {
  await mkdir(dir, { recursive: true });
  if (options.sameAuthority !== true) await makeAuthority(dir);
  const days = options.expired === true ? '-1' : '3650';
  return issue(dir, name, `subjectAltName=${names.join()}\nextendedKeyUsage=serverAuth\n`, days);
}

/** A client's certificate of the authority that is in the folder already; NAME.crt and NAME.key are written beside it. */
export function makeClientCertificate(dir: string, name: string): Promise<Certificates> {
  return issue(dir, name, 'extendedKeyUsage=clientAuth\n', '3650');
}

async function makeAuthority(dir: string): Promise<void> {
  const usage = 'keyUsage=critical,keyCertSign,cRLSign';
  const args = ['-days', '3650', '-subj', '/CN=Test CA', '-addext', usage, '-keyout', 'ca.key', '-out', 'ca.crt'];
  await run('openssl', ['req', '-x509', ...newKey, ...args], { cwd: dir });
}

async function issue(dir: string, name: string, extensions: string, days: string): Promise<Certificates> {
  const openssl = (...args: readonly string[]): Promise<unknown> => run('openssl', [...args], { cwd: dir });
  await openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
  await writeFile(join(dir, `${name}.ext`), extensions);
  const sign = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', days, '-extfile', `${name}.ext`];
  await openssl('x509', '-req', '-in', `${name}.csr`, ...sign, '-out', `${name}.crt`);
  await chmod(join(dir, `${name}.key`), 0o600);
  const text = (file: string): Promise<string> => readFile(join(dir, file), 'utf8');
  return { ca: await text('ca.crt'), caFile: join(dir, 'ca.crt'), cert: await text(`${name}.crt`), key: await text(`${name}.key`) };
}
