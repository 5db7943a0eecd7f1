// A gateway whose every operation is accounted for: whom it concerned, what was planned, and, where it failed, why in plain words.
// RFC 7644 section 3.7: the operations of a bulk request come through here one by one.
import type { ResourceType } from '../scim/schema.ts';
import { type Account, runWithAccount, type Subject, subjectOf } from './account.ts';
import type { Backend } from './backend.ts';
import type { Client, ClientOperation } from './client.ts';
import type { Gateway } from './gateway.ts';
import { reportFailed } from './journal.ts';

export function journalled(gateway: Gateway, backend: Backend): Gateway {
  const accounted = async <T>(
    client: Client,
    operation: ClientOperation,
    type: ResourceType | undefined,
    subject: Subject,
    work: () => Promise<T>,
  ): Promise<T> => {
    const resourceType = type?.name ?? 'resources';
    const account: Account = { backend, client, operation, resourceType, subject, members: [], step: undefined, refusals: [] };
    try {
      return await runWithAccount(account, async () => work());
    } catch (error) {
      reportFailed(account, error);
      throw error;
    }
  };
  return {
    ...gateway,
    self: (client) => accounted(client, 'read', undefined, {}, () => gateway.self(client)),
    list: (client, type, query) => accounted(client, 'read', type, {}, () => gateway.list(client, type, query)),
    listAll: (client, queryFor) => accounted(client, 'read', undefined, {}, () => gateway.listAll(client, queryFor)),
    get: (client, type, id, ...rest) => accounted(client, 'read', type, { id }, () => gateway.get(client, type, id, ...rest)),
    create: (client, type, body, projection) =>
      accounted(client, 'create', type, withoutId(subjectOf(body)), () => gateway.create(client, type, body, projection)),
    replace: (client, type, id, body, ...rest) =>
      accounted(client, 'update', type, { ...subjectOf(body), id }, () => gateway.replace(client, type, id, body, ...rest)),
    patch: (client, type, id, ...rest) => accounted(client, 'update', type, { id }, () => gateway.patch(client, type, id, ...rest)),
    delete: (client, type, id, conditions) => accounted(client, 'delete', type, { id }, () => gateway.delete(client, type, id, conditions)),
  };
}

/** The directory gives the id, whatever a client sends. */
const withoutId = ({ id: _own, ...names }: Subject): Subject => names;
