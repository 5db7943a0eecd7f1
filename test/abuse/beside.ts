// Another gateway before the directory of a stage, with a configuration of its own: what an attempt needs that the contract does not.
// Test set-up only.
import { type App, createApp } from '../../src/app.ts';
import type { Backend } from '../../src/gateway/backend.ts';
import { type Body, ScimClient } from '../directory/scim-client.ts';
import type { Stage } from '../directory/stage.ts';

export interface Beside {
  readonly app: App;
  readonly url: string;
  readonly backend: Backend;
  as(token: string): ScimClient;
  stop(): Promise<void>;
}

/** @param overrides as `--set` has them */
export async function openBeside(stage: Stage, overrides: readonly string[]): Promise<Beside> {
  let backend: Backend | undefined;
  const app = createApp(stage.configure(['server.listen=127.0.0.1:0', ...overrides]), (given) => (backend = given));
  const { url } = await app.start();
  if (!backend) throw new Error('there is no directory');
  return { app, url, backend, as: (token) => new ScimClient(`${url}/scim/v2`, token), stop: () => app.stop() };
}

export const bulkUrn = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';

/** The statuses of the operations of a bulk request. */
export async function bulk(scim: ScimClient, operations: readonly Body[]): Promise<readonly number[]> {
  const { body } = await scim.send('POST', '/Bulk', { schemas: [bulkUrn], Operations: operations });
  return ((body['Operations'] ?? []) as readonly Body[]).map(({ status }) => Number(status));
}
