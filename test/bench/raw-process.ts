// What the same work costs with nothing of the gateway in it: fixed bytes from node:http and from Express, LDAP by ldapts, rows into SQLite.
// RFC 2696 (paged results), RFC 4527 (post-read).
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import express from 'express';
import { Attribute, type BerWriter, Change, Client, Control } from 'ldapts';
import { answerParent } from './parent.ts';

/** One search as the gateway sends it. */
export interface RawSearch {
  readonly base: string;
  readonly scope: 'base' | 'sub';
  readonly filter: string;
  readonly attributes: readonly string[];
}

export interface RawModify {
  readonly dn: string;
  readonly type: string;
  readonly operation: 'replace' | 'add' | 'delete';
  readonly value: string;
  readonly postRead: readonly string[];
}

/** Steps follow each other; the searches of one step go out together. */
export type RawStep = readonly RawSearch[] | RawModify;

export interface RawTask {
  readonly steps: readonly RawStep[];
}

class PostRead extends Control {
  readonly #attributes: readonly string[];

  constructor(attributes: readonly string[]) {
    super('1.3.6.1.1.13.2');
    this.#attributes = attributes;
  }

  protected override writeControl(writer: BerWriter): void {
    writer.startSequence(0x04);
    writer.startSequence();
    for (const attribute of this.#attributes) writer.writeString(attribute);
    writer.endSequence();
    writer.endSequence();
  }
}

let client: Client | undefined;
let servers: readonly Server[] = [];

const connected = (): Client => {
  if (!client) throw new Error('not connected');
  return client;
};

const fixed = new Map<number, Buffer>();

/** `/N` answers N octets. */
const answer: RequestListener = ({ url = '' }, response) => {
  const length = Number(url.slice(1));
  const body = fixed.get(length) ?? Buffer.alloc(length, 'x');
  fixed.set(length, body);
  response.setHeader('Content-Type', 'application/scim+json');
  response.setHeader('Content-Length', body.length);
  response.end(body);
};

async function listen(listener: RequestListener): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 65_000 }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function makeExpress(): RequestListener {
  const application = express();
  application.disable('etag');
  application.use(answer);
  return application;
}

async function runStep(step: RawStep): Promise<void> {
  if ('dn' in step) {
    const { dn, type, operation, value, postRead } = step;
    const change = new Change({ operation, modification: new Attribute({ type, values: [value] }) });
    await connected().modify(dn, [change], postRead.length > 0 ? new PostRead(postRead) : []);
    return;
  }
  await Promise.all(
    step.map(({ base, scope, filter, attributes }) => connected().search(base, { scope, filter, attributes: [...attributes] })),
  );
}

/** @returns milliseconds of each */
async function runTasks({
  tasks,
  inFlight,
}: {
  readonly tasks: readonly RawTask[];
  readonly inFlight: number;
}): Promise<readonly number[]> {
  const times: number[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let task = tasks[next++]; task; task = tasks[next++]) {
      const started = performance.now();
      for (const step of task.steps) await runStep(step);
      times.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return times;
}

/** Everything read, as JSON, into a table: what a copy costs at the least. */
async function copyAll({ searches, file }: { readonly searches: readonly RawSearch[]; readonly file: string }): Promise<number> {
  const started = performance.now();
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE row (id TEXT PRIMARY KEY, dn TEXT, body BLOB)');
  const insert = database.prepare('INSERT INTO row VALUES (?, ?, ?)');
  for (const { base, scope, filter, attributes } of searches) {
    for await (const { searchEntries } of connected().searchPaginated(base, {
      scope,
      filter,
      attributes: [...attributes],
      paged: { pageSize: 1000 },
    })) {
      database.exec('BEGIN');
      for (const entry of searchEntries) insert.run(String(entry['entryUUID']), entry.dn, Buffer.from(JSON.stringify(entry)));
      database.exec('COMMIT');
    }
  }
  database.close();
  const elapsed = performance.now() - started;
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
  return elapsed;
}

answerParent(
  {
    async start({ url, dn, password }: { readonly url: string; readonly dn: string; readonly password: string }) {
      client = new Client({ url });
      await client.bind(dn, password);
      servers = [await listen(answer), await listen(makeExpress())];
      const [node = 0, withExpress = 0] = servers.map((server) => (server.address() as AddressInfo).port);
      return { node, express: withExpress };
    },
    runTasks,
    copyAll,
  },
  async () => {
    for (const server of servers) server.closeAllConnections();
    for (const server of servers) server.close();
    await client?.unbind();
  },
);
