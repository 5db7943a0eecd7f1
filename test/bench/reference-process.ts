// What HTTP alone costs: the product's own server (middleware, authentication, request id, journal) before a gateway that has nothing to do.
// `/Users?count=N` answers one prepared Buffer of N octets.
import { createHash } from 'node:crypto';
import { openAudit } from '../../src/audit.ts';
import type { Client } from '../../src/gateway/client.ts';
import type { Gateway } from '../../src/gateway/gateway.ts';
import { createServer } from '../../src/http/server.ts';
import { compat } from '../../src/scim/dialects.ts';
import { enterpriseUserSchema, userSchema, type ResourceType } from '../../src/scim/schema.ts';
import { answerParent } from './parent.ts';

const user: ResourceType = {
  name: 'User',
  endpoint: '/Users',
  description: 'People',
  schema: userSchema,
  extensions: [{ schema: enterpriseUserSchema, required: false }],
};
const prepared = new Map<number, Buffer>();

function prepare(length: number): Buffer {
  const known = prepared.get(length) ?? Buffer.from(JSON.stringify('x'.repeat(Math.max(0, length - 2))));
  prepared.set(length, known);
  return known;
}

function refuse(): never {
  throw new Error('the reference answers lists only');
}

const gateway: Gateway = {
  directory: 'main',
  path: '/scim/v2',
  baseUrl: 'http://localhost/scim/v2',
  ready: () => true,
  resourceTypes: () => [user],
  serviceProviderConfig: refuse,
  schemas: refuse,
  resourceTypeDocuments: refuse,
  self: refuse,
  list: (_client, _type, { count = 0 }) =>
    Promise.resolve({
      resources: [],
      rendered: { json: prepare(count), count: 100 },
      totalResults: 100_000,
      startIndex: 1,
      source: { age: 1000, left: 100_000 },
    }),
  listAll: refuse,
  get: refuse,
  create: refuse,
  replace: refuse,
  patch: refuse,
  delete: refuse,
};

let close: (() => Promise<void>) | undefined;

answerParent(
  {
    async start({ token, journal }: { readonly token: string; readonly journal: string }) {
      const client: Client = { name: 'bench', dialect: compat, directory: 'main', resources: ['User'], operations: ['read'] };
      const audit = openAudit({ file: journal, maxBytes: 1 << 26, keep: 1 });
      const tokens = [{ sha256: createHash('sha256').update(token).digest(), expires: undefined }];
      const server = createServer({ host: '127.0.0.1', port: 0, gateways: [gateway], clients: [{ client, tokens }] });
      close = async () => {
        await server.close(0);
        await audit.close();
      };
      return (await server.listen()).port;
    },
  },
  async () => {
    await close?.();
  },
);
