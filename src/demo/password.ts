// Passwords of entries: salted hashes, their verification, and the request that sets one.
// RFC 3062 section 2; the storage scheme {SSHA} of RFC 2307's successors as OpenLDAP writes it.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { BerReader, BerWriter } from 'ldapts';
import { hasMore, nextTag, openElement, readOctets, readText } from './ber.ts';

export const passwordModifyOid = '1.3.6.1.4.1.4203.1.11.1';

const scheme = '{SSHA}';

export function hashPassword(password: Buffer): Buffer {
  const salt = randomBytes(8);
  return Buffer.from(scheme + Buffer.concat([digest(password, salt), salt]).toString('base64'));
}

/** A stored value without a scheme is the password itself. */
export function verifyPassword(stored: Buffer, password: Buffer): boolean {
  if (password.length === 0) return false;
  const text = stored.toString('latin1');
  if (!text.toUpperCase().startsWith(scheme)) return !text.startsWith('{') && equalSecrets(stored, password);
  const hashed = Buffer.from(text.slice(scheme.length), 'base64');
  return equalSecrets(hashed.subarray(0, 20), digest(password, hashed.subarray(20)));
}

export function equalSecrets(a: Buffer, b: Buffer): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}

function digest(password: Buffer, salt: Buffer): Buffer {
  return createHash('sha1').update(password).update(salt).digest();
}

export interface PasswordModification {
  readonly identity: string | undefined;
  readonly oldPassword: Buffer | undefined;
  readonly newPassword: Buffer | undefined;
}

export function readPasswordModification(value: Buffer | undefined): PasswordModification {
  const body = value === undefined ? new BerReader(Buffer.alloc(0)) : openElement(new BerReader(value));
  const at = (tag: number): boolean => hasMore(body) && nextTag(body) === tag;
  return {
    identity: at(0x80) ? readText(body, 0x80) : undefined,
    oldPassword: at(0x81) ? Buffer.from(readOctets(body, 0x81)) : undefined,
    newPassword: at(0x82) ? Buffer.from(readOctets(body, 0x82)) : undefined,
  };
}

export function writeGeneratedPassword(password: string): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeString(password, 0x80);
  writer.endSequence();
  return writer.buffer;
}
