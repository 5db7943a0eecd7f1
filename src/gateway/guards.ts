// What the gateway never writes, whatever a client may do: on from the first write (decisions, "Writes").
import { type Dn, equalDn, isUnder, parentOf, parseDn } from '../ldap/dn.ts';
import type { Filter } from '../ldap/filter.ts';
import { ScimError } from '../scim/error.ts';
import type { Backend } from './backend.ts';

export interface Guards {
  readonly protect: readonly Protected[];
  /** Lifts the protection of privileged entries of the directory itself, not of what `protect` lists. */
  readonly allowPrivileged: boolean;
}

export type Protected = { readonly dn: Dn; readonly scope: 'base' | 'one' | 'sub' } | { readonly filter: Filter };

const refusal = (): ScimError => new ScimError(403, 'This entry is protected: the gateway does not change it');

/** @throws ScimError 403 when the entry must not be written */
export async function guardEntry(backend: Backend, dn: Dn): Promise<void> {
  const { guards, bindDn, baseDn } = backend;
  if (isUnder(baseDn, dn) || (bindDn && equalDn(dn, bindDn))) throw refusal();
  for (const rule of guards.protect) {
    if ('dn' in rule ? covers(rule, dn) : await backend.directory.read(dn, [], rule.filter)) throw refusal();
  }
}

function covers({ dn: base, scope }: { readonly dn: Dn; readonly scope: 'base' | 'one' | 'sub' }, dn: Dn): boolean {
  if (scope === 'sub') return isUnder(dn, base);
  return scope === 'base' ? equalDn(dn, base) : dn.rdns.length > 0 && equalDn(parentOf(dn), base);
}

/** The DN of an account, or undefined for other forms of bind names (UPN, DOMAIN\user). */
export function accountDn(name: string): Dn | undefined {
  try {
    return parseDn(name);
  } catch {
    return undefined;
  }
}
