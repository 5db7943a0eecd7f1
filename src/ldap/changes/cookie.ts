// What is remembered between two questions: of which server, of which tree, up to where, and a few entries that must not have gone back.
// No RFC; the text is JSON. A cookie of another kind, base or version is no cookie.
import { dnKey, type Dn } from '../dn.ts';
import type { ChangeKind } from './change-source.ts';
import type { Witness } from './witness.ts';

export interface Cookie {
  readonly kind: ChangeKind;
  readonly url: string;
  /** Of the naming context: who loads other data there makes it another one. */
  readonly contextId: string;
  readonly base: string;
  /** Up to where, as the kind writes it. */
  readonly marks: readonly string[];
  readonly witnesses: readonly Witness[];
}

export function writeCookie(cookie: Omit<Cookie, 'base'> & { readonly base: Dn }): string {
  return JSON.stringify({ ...cookie, base: dnKey(cookie.base) });
}

/** Undefined for one that is not of this kind, or was made for another base. */
export function readCookie(text: string, kind: ChangeKind, base: Dn): Cookie | undefined {
  const found = parseObject(text);
  if (found?.['kind'] !== kind || found['base'] !== dnKey(base)) return undefined;
  const { url, contextId, marks, witnesses } = found;
  if (typeof url !== 'string' || typeof contextId !== 'string' || !isList(marks, isText) || !isList(witnesses, isWitness)) return undefined;
  return { kind, url, contextId, base: dnKey(base), marks, witnesses };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string';

function isList<T>(value: unknown, isElement: (element: unknown) => element is T): value is readonly T[] {
  return Array.isArray(value) && value.every((element) => isElement(element));
}

function isWitness(value: unknown): value is Witness {
  return isObject(value) && [value['attribute'], value['octets'], value['stamp']].every(isText);
}
