// What one operation of a client is about and has come to, gathered while it runs, so that its end can be told in one line.
// Every operation is a scope of its own, also those of a bulk request; outside of one, nothing is gathered.
import { AsyncLocalStorage } from 'node:async_hooks';
import { isSecret } from '../ldap/ldif.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import { resourceNamed } from '../mapping/mapping.ts';
import { attributeName } from '../mapping/read.ts';
import type { Resource } from '../scim/schema.ts';
import type { Backend } from './backend.ts';
import type { Client, ClientOperation } from './client.ts';
import type { Step } from './plan.ts';

/** Whom or what an operation concerns, as far as it is known: what people ask the journal for. */
export interface Subject {
  readonly id?: string;
  readonly userName?: string;
  readonly externalId?: string;
  readonly displayName?: string;
}

/** What refused, other than the directory and the protocol. */
export type NotedRefusal =
  | { readonly by: 'guard'; readonly guard: string }
  | { readonly by: 'limit'; readonly operation: string; readonly count: number; readonly used: number; readonly limit: number };

export interface Account {
  readonly backend: Backend;
  readonly client: Client;
  readonly operation: ClientOperation;
  readonly resourceType: string;
  subject: Subject;
  /** Ids of resources that become, or cease to be, members. */
  members: readonly string[];
  /** The step that was tried last. */
  step: Step | undefined;
  refusals: readonly NotedRefusal[];
}

const accounts = new AsyncLocalStorage<Account>();

export const currentAccount = (): Account | undefined => accounts.getStore();

/** What `work` notes, also after waiting, belongs to this account. */
export function runWithAccount<T>(account: Account, work: () => Promise<T>): Promise<T> {
  return accounts.run(account, work);
}

const names = ['id', 'userName', 'externalId', 'displayName'] as const;

/** The names of a resource or of the body of a request, whose keys have any case (RFC 7643 section 2.1). */
export function subjectOf(resource: unknown): Subject {
  const members = new Map(
    typeof resource === 'object' && resource !== null ? Object.entries(resource).map(([name, value]) => [name.toLowerCase(), value]) : [],
  );
  return Object.fromEntries(
    names.flatMap((name): [string, string][] => {
      const value: unknown = members.get(name.toLowerCase());
      return typeof value === 'string' && value !== '' ? [[name, value]] : [];
    }),
  );
}

/** Whether an attribute of a resource is one of those that name it. */
export const isNaming = (attribute: string): boolean => names.some((name) => name === attribute);

/** Whom the operation under way concerns, as far as this says more; no operation, nothing noted: so for the others below. */
export function noteSubject(resource: Resource | undefined): void {
  const account = currentAccount();
  if (account) account.subject = { ...account.subject, ...subjectOf(resource) };
}

/** Ids of those who come or go. */
export function noteMembers(ids: readonly string[]): void {
  const account = currentAccount();
  if (account) account.members = ids;
}

/** The step that is about to be tried: an error after this is of this step. */
export function noteStep(step: Step): void {
  const account = currentAccount();
  if (account) account.step = step;
}

export function noteRefusal(refusal: NotedRefusal): void {
  const account = currentAccount();
  if (account) account.refusals = [...account.refusals, refusal];
}

/**
 * LDAP attributes (in lower case) whose values are secrets: that hold passwords by their name, or that the mapping writes a SCIM attribute
 * to which is never returned or can only be written.
 */
export function secretAttributes({ mapping }: Backend, resourceType: string): (attribute: string) => boolean {
  const resource: ResourceMapping | undefined = resourceNamed(mapping, resourceType);
  const secret = (resource?.rules ?? []).filter(
    (rule) =>
      rule.access === 'writeOnly' ||
      rule.target.attribute.returned === 'never' ||
      rule.target.sub?.returned === 'never' ||
      attributeName(rule) === 'password',
  );
  const own = new Set(secret.flatMap(({ writes, reads }) => [...writes, ...reads].map((ldap) => ldap.toLowerCase())));
  return (attribute) => isSecret(attribute) || own.has(attribute.replace(/;.*$/, '').toLowerCase());
}
