// Cursors: where a page begins or ends, sealed so that only this query of this client can go on from there. Nothing is kept between pages,
// so cursors outlive restarts and work on every replica with the same secret.
// RFC 9865 sections 2 and 5; C-004, C-005, C-014 to C-019. RFC 3986 section 2.3: base64url consists of unreserved characters.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { expiredCursor, invalidCursor } from '../scim/error.ts';
import type { SortPosition } from '../scim/match.ts';

/** A page: what comes directly behind a position, or directly before it. */
export interface PagePosition {
  readonly direction: 'after' | 'before';
  /** Undefined: from the beginning, or from the end. */
  readonly from?: TypedPosition | undefined;
  /** Resources on the page. */
  readonly count: number;
}

/** A position in an order over several resource types. */
export interface TypedPosition extends SortPosition {
  readonly type: string;
}

export interface Cursors {
  /** Seconds for which a cursor is good. */
  readonly timeout: number;
  /** @param purpose everything that a request must have in common with the one before */
  seal(page: PagePosition, purpose: string): Promise<string>;
  /** @throws ScimError invalidCursor, expiredCursor */
  open(cursor: string, purpose: string): Promise<PagePosition>;
}

export interface CursorOptions {
  /** The first seals, all open: a new one is put in front, the old one removed when its cursors have expired. */
  readonly secrets: readonly [string, ...string[]];
  /** What else keys depend on, so that two directories with one secret do not share them. */
  readonly salt: string;
  /** Seconds. */
  readonly timeout: number;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** Of the layout below; another layout gets another number. */
const format = 1;
const nonceLength = 12;
const tagLength = 16;
const keyIdLength = 4;
const headLength = 1 + keyIdLength;
/** More than any cursor of ours is long. */
const longest = 8192;

interface Key {
  readonly id: Buffer;
  readonly octets: Buffer;
}

/** Layout: format, key id, nonce, sealed JSON, tag (AES-256-GCM); the head and the purpose are authenticated with it. */
export function createCursors({ secrets, salt, timeout, now = Date.now }: CursorOptions): Cursors {
  let derived: Promise<readonly [Key, ...Key[]]> | undefined;
  // Not before the first cursor: it takes a moment.
  const keys = () => (derived ??= deriveKeys(secrets, salt));
  return {
    timeout,
    async seal(page, purpose) {
      const [{ id, octets }] = await keys();
      const head = Buffer.concat([Buffer.of(format), id]);
      const nonce = randomBytes(nonceLength);
      const cipher = createCipheriv('aes-256-gcm', octets, nonce, { authTagLength: tagLength });
      cipher.setAAD(authenticated(head, purpose));
      const content: Content = { at: Math.floor(now() / 1000), page };
      const sealed = Buffer.concat([cipher.update(JSON.stringify(content), 'utf8'), cipher.final()]);
      return Buffer.concat([head, nonce, sealed, cipher.getAuthTag()]).toString('base64url');
    },
    async open(cursor, purpose) {
      const octets = Buffer.from(cursor.slice(0, longest), 'base64url');
      if (octets.length < headLength + nonceLength + tagLength || octets.toString('base64url') !== cursor) throw invalidCursor();
      const key = (await keys()).find(({ id }) => octets[0] === format && id.equals(octets.subarray(1, headLength)));
      if (!key) throw invalidCursor();
      const { at, page } = decrypt(octets, key, purpose);
      if (now() / 1000 - at > timeout) throw expiredCursor('The cursor has expired: begin again without it');
      return page;
    },
  };
}

interface Content {
  /** Epoch seconds. */
  readonly at: number;
  readonly page: PagePosition;
}

function decrypt(octets: Buffer, key: Key, purpose: string): Content {
  const body = headLength + nonceLength;
  const decipher = createDecipheriv('aes-256-gcm', key.octets, octets.subarray(headLength, body), { authTagLength: tagLength });
  decipher.setAAD(authenticated(octets.subarray(0, headLength), purpose));
  decipher.setAuthTag(octets.subarray(-tagLength));
  try {
    const text = Buffer.concat([decipher.update(octets.subarray(body, -tagLength)), decipher.final()]).toString('utf8');
    return JSON.parse(text) as Content;
  } catch (cause) {
    throw invalidCursor({ cause });
  }
}

function authenticated(head: Buffer, purpose: string): Buffer {
  return Buffer.concat([head, Buffer.from(purpose, 'utf8')]);
}

const stretch = promisify<string, string, number, Buffer>(scrypt);

/** A secret may be a password, which clients could otherwise guess offline from a cursor: it is stretched (RFC 7914), then divided (RFC 5869). */
async function deriveKeys([first, ...others]: readonly [string, ...string[]], salt: string): Promise<readonly [Key, ...Key[]]> {
  return [await deriveKey(first, salt), ...(await Promise.all(others.map((secret) => deriveKey(secret, salt))))];
}

async function deriveKey(secret: string, salt: string): Promise<Key> {
  const stretched = await stretch(secret, `ldap-scim-gateway cursor\0${salt}`, 32);
  const part = (label: string, length: number): Buffer => Buffer.from(hkdfSync('sha256', stretched, '', label, length));
  return { id: part('id', keyIdLength), octets: part('key', 32) };
}
