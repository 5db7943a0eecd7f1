// Whether the directory hashes what is written to userPassword: found out once with an entry of its own, before any password of a person is
// written (L-062). A server that stores the text as it is, or does not let the gateway see, gets none.
import { randomBytes, randomUUID } from 'node:crypto';
import { type Directory, DirectoryError } from '../ldap/directory.ts';
import { childOf, type Dn } from '../ldap/dn.ts';
import type { Value } from '../ldap/filter.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import { invalidValue } from '../scim/error.ts';
import type { Backend } from './backend.ts';
import { reportClearText } from './journal.ts';

const verdicts = new WeakMap<Directory, Promise<boolean>>();

/** @throws ScimError invalidValue when a password would be stored in clear text, or might be */
export async function requireHashing({ directory, name, observe }: Backend, resource: ResourceMapping): Promise<void> {
  const [place] = resource.create?.placement ?? [];
  if (resource.password?.strategy !== 'userPassword' || observe) return;
  const verdict = verdicts.get(directory) ?? (place ? hashes(directory, place.base) : Promise.resolve(false));
  verdicts.set(directory, verdict);
  // What could not be asked is asked again next time.
  verdict.catch(() => verdicts.delete(directory));
  if (await verdict) return;
  reportClearText(name);
  throw invalidValue('The directory does not protect passwords that are set this way; none is set');
}

/** Adds an entry with a password, looks at what became of it, and removes the entry. @throws DirectoryError when the directory is away */
async function hashes(directory: Directory, base: Dn): Promise<boolean> {
  const name = `password-self-test-${randomUUID()}`;
  const dn = childOf([{ type: 'cn', value: name }], base);
  const password = randomBytes(24).toString('base64url');
  const entry = new Map<string, readonly Value[]>([
    ['objectClass', ['top', 'organizationalRole', 'simpleSecurityObject']],
    ['cn', [name]],
    ['userPassword', [password]],
  ]);
  try {
    await directory.add(dn, entry);
  } catch (error) {
    if (error instanceof DirectoryError && error.kind === 'result') return false;
    throw error;
  }
  try {
    const stored = (await directory.read(dn, ['userPassword']))?.texts('userPassword') ?? [];
    return stored.length > 0 && stored.every((value) => isHash(value) && !value.includes(password));
  } finally {
    await directory.delete(dn);
  }
}

/** RFC 2307 section 5.3: `{SCHEME}` before the value. */
const isHash = (value: string): boolean => /^\{[\w./-]+\}/.test(value) && !/^\{clear(?:text)?\}/i.test(value);
