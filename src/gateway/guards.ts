// What the gateway never writes, whatever a client may do: nobody has to turn that on.
import { type Dn, equalDn, isUnder, parentOf } from '../ldap/dn.ts';
import type { Change } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import { ScimError } from '../scim/error.ts';
import { askAtOnce } from './at-once.ts';
import type { Backend } from './backend.ts';
import { reportGuarded } from './journal.ts';
import type { Limit } from './limits.ts';
import { findNaming } from './links.ts';
import { isPrivileged } from './privileged.ts';

export interface Guards {
  readonly protect: readonly Protected[];
  /** Lifts the protection of privileged entries of the directory itself, not of what `protect` lists. */
  readonly allowPrivileged: boolean;
  /** How much may be taken away within an hour; `limits.ts`. */
  readonly limits?: readonly Limit[];
  /** Seconds after which a client may ask again for what waits for an administrator. */
  readonly holdRetryAfter?: number;
}

export type Protected = { readonly dn: Dn; readonly scope: 'base' | 'one' | 'sub' } | { readonly filter: Filter };

/** What refuses: the base of the directory and what is above it, the service account, power over the directory, or an entry of `protect`. */
export type Refusal = 'baseDn' | 'bindDn' | 'privileged' | Protected;

/** @param exists there is such an entry, as far as is known. @throws ScimError 403 when the entry must not be written */
export async function guardEntry(backend: Backend, dn: Dn, exists = true): Promise<void> {
  const refusedBy = await refusalOf(backend, dn, exists);
  backend.onGuard?.({ dn, refusedBy });
  if (refusedBy) reportGuarded(backend.name, typeof refusedBy === 'string' ? refusedBy : 'protect');
  if (refusedBy) throw new ScimError(403, 'This entry is protected: the gateway does not change it');
}

/**
 * A name that an entry is to get. It may have no one of its own, and yet be protected, or listed by an entry that is: a value that outlived
 * its entry would give its rights to whoever gets the name next.
 * @throws ScimError 403
 */
export async function guardName(backend: Backend, resource: ResourceMapping, dn: Dn): Promise<void> {
  const isListed = backend.guards.protect.length > 0;
  const [, holders] = await askAtOnce([guardEntry(backend, dn, false), isListed ? findNaming(backend, resource, dn) : []]);
  for (const holder of holders) await guardEntry(backend, holder.dn);
}

/**
 * Values that are to be written. Active Directory takes the account name of an account without a userPrincipalName for one ([MS-ADTS] 5.1.1.1.1):
 * somebody else who got the name that the gateway binds with would lock it out.
 * @throws ScimError 403
 */
export function guardBindName({ name, bindDn, bindName }: Backend, written: Iterable<Pick<Change, 'attribute' | 'values'>>): void {
  if (bindDn || bindName === undefined) return;
  for (const { attribute, values } of written) {
    const isTaken = values.some((value) => value.toString().toLowerCase() === bindName.toLowerCase());
    if (attribute.toLowerCase() !== 'userprincipalname' || !isTaken) continue;
    reportGuarded(name, 'bindDn');
    throw new ScimError(403, 'This name is protected: the gateway does not give it to anybody');
  }
}

async function refusalOf(backend: Backend, dn: Dn, exists: boolean): Promise<Refusal | undefined> {
  const { guards, baseDn, directory } = backend;
  if (isUnder(baseDn, dn)) return 'baseDn';
  const [isOwn, isPowerful, ...isCovered] = await askAtOnce([
    isOwnAccount(backend, dn),
    !guards.allowPrivileged && isPrivileged(directory, dn, exists),
    ...guards.protect.map((rule) => ('dn' in rule ? covers(rule, dn) : directory.read(dn, [], rule.filter))),
  ]);
  if (isOwn) return 'bindDn';
  return guards.protect.find((_rule, i) => isCovered[i]) ?? (isPowerful ? 'privileged' : undefined);
}

/** Active Directory binds by other names than DNs, too: `user@domain`, also of an account without a userPrincipalName, and `DOMAIN\\user`. */
async function isOwnAccount({ bindDn, bindName, directory }: Backend, dn: Dn): Promise<boolean> {
  if (bindDn) return equalDn(dn, bindDn);
  if (bindName === undefined) return false;
  const entry = await directory.read(dn, ['userPrincipalName', 'sAMAccountName']);
  const names = new Set(
    ['userPrincipalName', 'sAMAccountName'].flatMap((attribute) => entry?.texts(attribute) ?? []).map((name) => name.toLowerCase()),
  );
  const name = bindName.toLowerCase();
  return names.has(name) || names.has(name.replace(/^.*\\|@.*$/g, ''));
}

function covers({ dn: base, scope }: { readonly dn: Dn; readonly scope: 'base' | 'one' | 'sub' }, dn: Dn): boolean {
  if (scope === 'sub') return isUnder(dn, base);
  return scope === 'base' ? equalDn(dn, base) : dn.rdns.length > 0 && equalDn(parentOf(dn), base);
}
