// The thread of one directory's poller: schedules, and the poller's words as messages. Requests never wait for what goes on here.
// No RFC.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import type { Batch } from '../cache/batch.ts';
import { openDirectory } from '../ldap/directory.ts';
import { parseDn } from '../ldap/dn.ts';
import { compileMapping } from '../mapping/compile.ts';
import { mappingDefinition } from '../mapping/definition.ts';
import { resourceNamed } from '../mapping/mapping.ts';
import { steadyClock } from './clock.ts';
import type { Ask, Tell, WorkerSettings } from './messages.ts';
import { Poller } from './poller.ts';
import { Schedule } from './schedule.ts';

/** Batches that may be under way: more would only lie in memory, and be taken in one after the other while requests wait. */
const mostUnderWay = 3;
/** Milliseconds between attempts to read everything for the first time. */
const firstPause = 10_000;

const port = parentPort;
if (!port) throw new Error('worker.ts is the entry of a thread');
const settings = workerData as WorkerSettings;
const tell = (message: Tell, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(message, [...transfer]);

const { mapping } = compileMapping(mappingDefinition.parse(settings.mapping), { baseDn: settings.baseDn });
const directory = openDirectory({ ...settings.connection, baseDn: parseDn(settings.baseDn), connections: 1 });
const now = steadyClock(settings.epoch);
const serverNow = (): string | undefined => directory.status().server;

/** What was sent and is not taken yet, and who waits until that is less. */
const underWay = new Set<number>();
const waiting: (() => void)[] = [];
let sent = 0;
/** Who waits until an epoch is prepared. */
const preparing = new Map<number, () => void>();

async function untilFew(): Promise<void> {
  if (underWay.size <= mostUnderWay) return;
  await new Promise<void>((resolve) => waiting.push(resolve));
  return untilFew();
}

function take(number: number): void {
  underWay.delete(number);
  for (const resume of waiting.splice(0)) resume();
}

/** What reading everything leaves behind would stay until this thread has as much to do again; here a pause of the collector delays nobody. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}

const poller = new Poller({
  directory,
  baseDn: parseDn(settings.baseDn),
  mapping,
  types: settings.types,
  made: JSON.stringify([settings.mapping, settings.baseUrl, settings.connection.servers, settings.connection.bind.dn]),
  locationOf: (type, id) => `${settings.baseUrl}${resourceNamed(mapping, type)?.type.endpoint ?? `/${type}`}/${encodeURIComponent(id)}`,
  detect: settings.detect,
  confirmDeletes: settings.confirmDeletes,
  maxRemoved: settings.maxRemoved,
  store: settings.store,
  now,
  tell: {
    async batches(epoch, batches) {
      sent += 1;
      underWay.add(sent);
      tell({ tell: 'batches', epoch, number: sent, batches }, batches.flatMap(buffersOf));
      await untilFew();
    },
    prepare(epoch) {
      tell({ tell: 'prepare', epoch });
      return new Promise((resolve) => preparing.set(epoch, resolve));
    },
    inForce(epoch, truth) {
      tell({ tell: 'inForce', epoch, truth, server: serverNow() });
      setImmediate(collectGarbage);
    },
    dropped: (epoch) => tell({ tell: 'dropped', epoch }),
    truth: (truth) => tell({ tell: 'truth', truth, server: serverNow() }),
    event: (event) => tell({ tell: 'event', event }),
  },
});

function buffersOf({ slots, bodies, occupies, references, removed }: Batch): readonly ArrayBuffer[] {
  const lists = [occupies, ...references].flatMap(({ ends, items }) => [ends, items]);
  return [slots, bodies.ends, bodies.octets, ...lists, removed].map(({ buffer }) => buffer as ArrayBuffer);
}

async function runCycle(cycle: 'poll' | 'sweep' | 'readAll', work: () => Promise<void>): Promise<string | undefined> {
  const started = performance.now();
  let error: string | undefined;
  try {
    await work();
  } catch (cause) {
    error = cause instanceof Error ? cause.message : String(cause);
  }
  tell({ tell: 'cycle', cycle, milliseconds: performance.now() - started, kind: poller.kind, ...(error !== undefined && { error }) });
  return error;
}

const answer = (token: number, error: string | undefined): void =>
  tell({ tell: 'done', token, server: serverNow(), ...(error !== undefined && { error }) });

async function refresh({ token, ids, dns }: Ask & { readonly ask: 'refresh' }): Promise<void> {
  try {
    const server = await poller.refresh(ids, dns);
    tell({ tell: 'done', token, server, ...(server === undefined && { error: 'there are no complete rows, or the server has changed' }) });
  } catch (error) {
    answer(token, error instanceof Error ? error.message : String(error));
  }
}

let schedules: readonly Schedule[] = [];
let retry: NodeJS.Timeout | undefined;
let isStopping = false;

async function start(): Promise<void> {
  await poller.open();
  await directory.start();
  await runCycle('poll', () => poller.poll());
  if (isStopping) return;
  retryUntilComplete();
  const { timezone } = settings;
  schedules = [
    new Schedule(settings.poll, timezone, () => runCycle('poll', () => poller.poll())),
    new Schedule(settings.sweep, timezone, () => runCycle('sweep', () => poller.sweep())),
  ];
}

/** The schedule may be far apart: without any rows there is no waiting for it. */
function retryUntilComplete(): void {
  if (poller.isComplete || isStopping) return;
  retry = setTimeout(() => void runCycle('poll', () => poller.poll()).then(retryUntilComplete), firstPause);
}

async function stop(): Promise<void> {
  isStopping = true;
  clearTimeout(retry);
  for (const each of schedules) each.stop();
  poller.close();
  await directory.close();
  tell({ tell: 'stopped' });
}

port.on('message', (message: Ask) => {
  switch (message.ask) {
    case 'taken':
      take(message.number);
      return;
    case 'prepared':
      preparing.get(message.epoch)?.();
      preparing.delete(message.epoch);
      return;
    case 'refresh':
      void refresh(message);
      return;
    case 'poll':
      void runCycle('poll', () => poller.poll()).then((error) => answer(message.token, error));
      return;
    case 'sweep':
      void runCycle('sweep', () => poller.sweep()).then((error) => answer(message.token, error));
      return;
    case 'readAll':
      void runCycle('readAll', () => poller.readAll({ accept: message.accept })).then((error) => answer(message.token, error));
      return;
    case 'stop':
      void stop();
      return;
  }
});

await start();
