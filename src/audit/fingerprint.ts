// Keyed fingerprints in place of personal values: whoever has the key and a name finds its lines, whoever has the journal alone learns nothing.
// RFC 2104 (HMAC); the key stands beside the journal, is made at first use, and is readable by its owner only.
import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';

/** `#` and 16 hexadecimal digits. */
export type Fingerprint = (value: string | Buffer) => string;

const keyFileOf = (journal: string): string => `${journal}.key`;

/** @throws Error when the key can neither be read nor made */
export function openFingerprint(journal: string): Fingerprint {
  return fingerprintWith(readKey(journal) ?? makeKey(journal));
}

/** Undefined where there is no key: the journal has no fingerprints then. */
export function readFingerprint(journal: string): Fingerprint | undefined {
  const key = readKey(journal);
  return key && fingerprintWith(key);
}

/** For a journal whose key cannot be kept: it tells values apart, and nobody finds a name. */
export const temporaryFingerprint = (): Fingerprint => fingerprintWith(randomBytes(32));

function fingerprintWith(octets: Buffer): Fingerprint {
  // Made into a key once: that takes longer than the fingerprint itself.
  const key = createSecretKey(octets);
  return (value) => {
    const message = typeof value === 'string' ? fold(value) : value;
    return `#${createHmac('sha256', key).update(message).digest('hex').slice(0, 16)}`;
  };
}

/** Nobody remembers the case of a name. */
const fold = (value: string): string => value.normalize('NFKC').trim().toLowerCase();

function readKey(journal: string): Buffer | undefined {
  try {
    const key = Buffer.from(readFileSync(keyFileOf(journal), 'utf8').trim(), 'hex');
    if (key.length !== 32) throw new Error(`${keyFileOf(journal)} is no key: 64 hexadecimal digits are needed`);
    return key;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function makeKey(journal: string): Buffer {
  const key = randomBytes(32);
  writeFileSync(keyFileOf(journal), `${key.toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  // Whatever the umask says.
  chmodSync(keyFileOf(journal), 0o600);
  return key;
}
