// One fuzz run: requests one after the other and in bursts, every answer judged, the directory compared with what was promised.
// Issue "Fuzz": no 5xx, no hang, no crash and no change from a refused request; what is answered with 2xx is in LDAP.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { isDeepStrictEqual } from 'node:util';
import { Knowledge } from './knowledge.ts';
import { Random } from './random.ts';
import { tokens } from './headers.ts';
import { ownName } from './hostile.ts';
import { basePath, type FuzzRequest, pathOf, writeRequest } from './request.ts';
import { makeRequest } from './requests.ts';
import { type Circumstances, judge, saysDone } from './rules.ts';
import { openStand, type Prints, type Stand } from './stand.ts';
import { type Answer, sendRaw, Wire } from './wire.ts';

export interface FuzzOptions {
  readonly seed: number;
  readonly requests: number;
  /** People in the directory; 40 by default. */
  readonly users?: number;
  /** How often the directory is killed on the way; 0 by default. */
  readonly outages?: number;
  /** What stands behind the gateway; the embedded directory by default. */
  readonly directory?: 'embedded' | 'slapd';
  readonly onProgress?: (done: number, what: string) => void;
}

export interface Finding {
  /** Of the request in the run: the same seed with one request more shows it again. */
  readonly number: number;
  readonly problem: string;
  readonly request: string;
  readonly answer: string;
}

export interface FuzzReport {
  readonly seed: number;
  readonly requests: number;
  readonly statuses: ReadonlyMap<number, number>;
  readonly findings: readonly Finding[];
  /** Refused after a first step that had to be taken back: nothing is left of it but the time of the change. */
  readonly undone: number;
  readonly slowest: { readonly milliseconds: number; readonly number: number; readonly request: string };
}

/** Milliseconds: a request that takes longer hangs. */
const deadline = 15_000;
const checkEvery = 200;
const userUrn = 'urn:ietf:params:scim:schemas:core:2.0:User';
const mostFindings = 25;

export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const stand = await openStand(options.users ?? 40, options.directory);
  const session = new Session(stand, options);
  const stopWatching = session.watch();
  try {
    await session.run();
  } finally {
    stopWatching();
    await stand.stop();
  }
  return session.report();
}

class Session {
  readonly #stand: Stand;
  readonly #options: FuzzOptions;
  readonly #wires: readonly Wire[];
  readonly #findings = new Map<string, Finding>();
  readonly #statuses = new Map<number, number>();
  #knowledge = new Knowledge();
  #number = 0;
  #slowest = { milliseconds: 0, number: 0, request: '' };
  #lastChange = '';
  #prints: Prints = new Map();
  #undone = 0;
  #failures: string[] = [];

  constructor(stand: Stand, options: FuzzOptions) {
    this.#stand = stand;
    this.#options = options;
    this.#wires = Array.from({ length: 8 }, () => new Wire(stand.port));
  }

  /** What nobody answers for: failures that are only reported, rejections that nobody handles. @returns how to stop it */
  watch(): () => void {
    const noteFailure = (message: unknown): void => {
      const { error } = message as { readonly error: unknown };
      this.#failures.push(describeError(error));
    };
    const noteCrash = (error: unknown): void => this.#find(`nobody handled: ${describeError(error)}`);
    subscribe('ldap-scim-gateway:failure', noteFailure);
    process.on('unhandledRejection', noteCrash);
    process.on('uncaughtException', noteCrash);
    return () => {
      unsubscribe('ldap-scim-gateway:failure', noteFailure);
      process.off('unhandledRejection', noteCrash);
      process.off('uncaughtException', noteCrash);
      for (const wire of this.#wires) wire.close();
    };
  }

  async run(): Promise<void> {
    const { seed, requests, outages = 0, onProgress } = this.#options;
    await this.#begin();
    let checked = 0;
    let outage = 1;
    while (this.#number < requests && this.#findings.size < mostFindings) {
      const random = new Random(seed, this.#number);
      if (outage <= outages && this.#number >= (outage * requests) / (outages + 1)) {
        outage += 1;
        await this.#breakDown(random);
      } else if (random.chance(0.01)) await this.#burst(random);
      else await this.#single(random);
      if (this.#number - checked >= checkEvery) {
        checked = this.#number;
        await this.#compareAll();
        await this.#provideSelf();
        onProgress?.(this.#number, `${this.#findings.size} findings, ${this.#prints.size} entries`);
      }
    }
    await this.#compareAll();
  }

  report(): FuzzReport {
    const { seed } = this.#options;
    return {
      seed,
      requests: this.#number,
      statuses: this.#statuses,
      findings: [...this.#findings.values()],
      undone: this.#undone,
      slowest: this.#slowest,
    };
  }

  /** Learns who is there, as a client would. */
  async #begin(): Promise<void> {
    this.#knowledge = new Knowledge();
    for (const endpoint of ['/Users', '/Groups']) {
      const { body } = await this.#read(`${endpoint}?count=1000`);
      for (const resource of readObjects(body['Resources'])) this.#knowledge.learn(resource);
    }
    await this.#provideSelf();
  }

  /** Somebody is `/Me`, until a request removes or renames him. */
  async #provideSelf(): Promise<void> {
    const body = Buffer.from(JSON.stringify({ schemas: [userUrn], userName: ownName, name: { familyName: 'Self' } }));
    const wire = this.#wires[7] ?? new Wire(this.#stand.port);
    const { status } = await wire.send('POST', writeRequest({ ...plain('POST', '/Users'), body }), deadline);
    if (status !== 201 && status !== 409) this.#find(`somebody for /Me was answered ${status}`);
    this.#lastChange = await this.#stand.lastChange();
    this.#prints = await this.#stand.printAll();
  }

  async #single(random: Random): Promise<void> {
    const request = makeRequest(random, this.#knowledge);
    const answers = await this.#send(request, this.#wires[0], { outage: false, crowded: false });
    const done = await this.#compareChange([[request, answers]]);
    const [answer] = answers;
    if (answer && done && request.raw === undefined) await this.#lookUp(request, answer);
    await this.#limitPopulation(random);
  }

  /** Several at once, most of them at one resource. */
  async #burst(random: Random): Promise<void> {
    const { users, groups } = this.#knowledge;
    const at = random.pick([...users, ...groups, 'x']);
    const requests = this.#wires
      .slice(0, 2 + random.below(7))
      .map(() => makeRequest(random, this.#knowledge, random.chance(0.8) ? at : undefined));
    const circumstances = { outage: false, crowded: true };
    const answers = await Promise.all(requests.map((request, i) => this.#send(request, this.#wires[i], circumstances)));
    await this.#compareChange(requests.map((request, i) => [request, answers[i] ?? []]));
  }

  async #breakDown(random: Random): Promise<void> {
    await this.#compareAll();
    await this.#stand.killDirectory();
    for (let i = 0; i < 30; i += 1)
      await this.#send(makeRequest(random, this.#knowledge), this.#wires[0], { outage: true, crowded: false });
    await this.#stand.reviveDirectory();
    await this.#begin();
  }

  /** Lists would get slow: what was made goes again. */
  async #limitPopulation(random: Random): Promise<void> {
    for (const [endpoint, ids, most] of [
      ['/Users', this.#knowledge.users, 80],
      ['/Groups', this.#knowledge.groups, 40],
    ] as const) {
      if (ids.length <= most) continue;
      const id = random.pick(ids);
      const request = plain('DELETE', `${endpoint}/${encodeURIComponent(id)}`);
      const [answer] = await this.#send(request, this.#wires[0], { outage: false, crowded: false });
      if (answer && ![204, 404].includes(answer.status)) this.#find(`clearing up was answered ${answer.status}`, request, answer);
      await this.#compareChange([[request, answer ? [answer] : []]]);
      this.#knowledge.forget(id);
    }
  }

  async #send(request: FuzzRequest, wire: Wire | undefined, circumstances: Circumstances): Promise<readonly Answer[]> {
    const started = performance.now();
    this.#failures = circumstances.crowded ? this.#failures : [];
    this.#number += 1;
    try {
      const answers = request.raw
        ? await sendRaw(this.#stand.port, request.raw, deadline)
        : [await (wire ?? new Wire(this.#stand.port)).send(request.method, writeRequest(request), deadline)];
      const milliseconds = Math.round(performance.now() - started);
      if (milliseconds > this.#slowest.milliseconds)
        this.#slowest = { milliseconds, number: this.#number, request: describeRequest(request, 300) };
      for (const answer of answers) {
        this.#statuses.set(answer.status, (this.#statuses.get(answer.status) ?? 0) + 1);
        for (const problem of judge(request, answer, circumstances)) {
          this.#find(answer.status >= 500 ? `${problem} ${this.#failures.join(' | ')}` : problem, request, answer);
        }
        if (request.raw === undefined) this.#learn(request, answer);
      }
      return answers;
    } catch (error) {
      this.#find(describeError(error), request);
      return [];
    }
  }

  #learn(request: FuzzRequest, { status, body }: Answer): void {
    const id = targetId(request);
    if (request.method === 'DELETE' && status === 204 && id !== undefined) this.#knowledge.forget(id);
    if (status !== 200 && status !== 201) return;
    const parsed = parseObject(body);
    this.#knowledge.learn(parsed);
    this.#knowledge.learnCursor(parsed['nextCursor'] ?? parsed['previousCursor']);
    for (const resource of readObjects(parsed['Resources']).slice(0, 20)) this.#knowledge.learn(resource);
  }

  /** Whether something was done; a change although nothing was is the worst that can be found. */
  async #compareChange(exchanges: readonly (readonly [FuzzRequest, readonly Answer[]])[]): Promise<boolean> {
    const done = exchanges.some(([request, answers]) => answers.some((answer) => saysDone(request, answer)));
    const now = await this.#stand.lastChange();
    if (now === this.#lastChange) return done;
    this.#lastChange = now;
    const before = this.#prints;
    this.#prints = await this.#stand.printAll();
    if (done) return true;
    // A second step that failed and a first one that was taken back leave only the time of the change behind.
    const [dn] = findChanged(before, this.#prints, 'content');
    if (dn === undefined) this.#undone += 1;
    else
      for (const [request, answers] of exchanges)
        this.#find(`what was refused, or only asked, changed ${dn} (${request.method})`, request, answers[0]);
    return false;
  }

  /** Every entry is as it was after the last request that was answered as done. */
  async #compareAll(): Promise<void> {
    const now = await this.#stand.printAll();
    for (const dn of findChanged(this.#prints, now, 'digest')) this.#find(`the entry ${dn} was changed by no request`);
    this.#prints = now;
    for (const name in {}) this.#find(`every object has a ${name} now`);
  }

  /** What was answered with 2xx, in the gateway's words and in the directory's. */
  async #lookUp(request: FuzzRequest, answer: Answer): Promise<void> {
    if (!/^\/(?:Users|Groups)(?:\/|$)/.test(pathOf(request))) return;
    const parsed = answer.body === '' ? undefined : parseObject(answer.body);
    const location = answer.headers.get('location');
    const id =
      targetId(request) ?? (location === undefined ? undefined : decodeURIComponent(location.slice(location.lastIndexOf('/') + 1)));
    if (id === undefined) return;
    const entry = await this.#stand.findById(id);
    if (request.method === 'DELETE') {
      if (entry) this.#find('a deleted entry is still there', request, answer);
      return;
    }
    if (!entry) {
      this.#find('no entry for a write that was answered as done', request, answer);
      return;
    }
    const endpoint = pathOf(request).split('/')[1] ?? '';
    const { status, body: shown } = await this.#read(`/${endpoint}/${encodeURIComponent(id)}`);
    if (status !== 200) this.#find(`the resource is read with ${status}`, request, answer);
    const whole = parsed && !/[?&](?:excluded)?attributes=/i.test(request.target);
    if (whole && !isDeepStrictEqual(shown, parsed))
      this.#find(`the answer differs from the resource: ${JSON.stringify(shown).slice(0, 600)}`, request, answer);
    for (const [path, attribute] of endpoint === 'Groups' ? groupValues : userValues) {
      const value = at(shown, path);
      const expected = (Array.isArray(value) ? value.map((each) => at(each, ['value'])) : [value])
        .filter((each) => each !== undefined)
        .map(String);
      if (!isDeepStrictEqual(expected.toSorted(), [...entry.texts(attribute)].toSorted()))
        this.#find(`${path.join('.')} is not what ${attribute} holds`, request, answer);
    }
    for (const path of request.method === 'PATCH' || !request.meant ? [] : meantPaths) {
      const meant = at(request.meant, path);
      if (meant !== undefined && !isDeepStrictEqual(meant, at(shown, path)))
        this.#find(`${path.join('.')} is not what was sent`, request, answer);
    }
  }

  async #read(path: string): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }> {
    const wire = this.#wires[7] ?? new Wire(this.#stand.port);
    const { status, body } = await wire.send('GET', writeRequest(plain('GET', path)), deadline);
    return { status, body: parseObject(body) };
  }

  #find(problem: string, request?: FuzzRequest, answer?: Answer): void {
    const key = problem.replaceAll(/\d+/g, '#').slice(0, 160);
    if (this.#findings.has(key)) return;
    this.#findings.set(key, {
      number: this.#number,
      problem,
      request: request === undefined ? '' : describeRequest(request, 6000),
      answer: answer === undefined ? '' : `${answer.status} ${answer.body.slice(0, 1000)}`,
    });
  }
}

/** Where the preset `openldap` keeps them. */
const userValues: readonly (readonly [path: readonly string[], attribute: string])[] = [
  [['userName'], 'uid'],
  [['displayName'], 'displayName'],
  [['title'], 'title'],
  [['externalId'], 'carLicense'],
  [['name', 'givenName'], 'givenName'],
  [['name', 'familyName'], 'sn'],
  [['emails'], 'mail'],
  [['preferredLanguage'], 'preferredLanguage'],
];
const groupValues: typeof userValues = [
  [['displayName'], 'cn'],
  [['externalId'], 'businessCategory'],
];
const meantPaths: readonly (readonly string[])[] = [
  ['userName'],
  ['displayName'],
  ['title'],
  ['active'],
  ['externalId'],
  ['name', 'givenName'],
  ['name', 'familyName'],
];

function plain(method: string, path: string): FuzzRequest {
  const headers = [
    ['Host', '127.0.0.1'] as const,
    ['Authorization', `Bearer ${tokens.compat}`] as const,
    ['Content-Type', 'application/scim+json'] as const,
  ];
  return { method, target: basePath + path, headers, body: undefined, chunked: false };
}

/** The id that a request names, if it is one of a resource. */
function targetId(request: FuzzRequest): string | undefined {
  const [, text] = /^\/(?:Users|Groups)\/([^/]+)\/?$/.exec(pathOf(request)) ?? [];
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The entries that are new, gone or not the same. */
function findChanged(before: Prints, after: Prints, what: 'digest' | 'content'): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((dn) => before.get(dn)?.[what] !== after.get(dn)?.[what]);
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((owner, name) => (owner as Record<string, unknown> | undefined)?.[name], value);
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function readObjects(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value : [];
}

function describeRequest(request: FuzzRequest, length: number): string {
  return JSON.stringify((request.raw ?? writeRequest(request)).toString('utf8', 0, length));
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const where =
    error.stack
      ?.split('\n')
      .find((line) => line.includes('/src/'))
      ?.trim() ?? '';
  const cause = error.cause === undefined ? '' : ` because of ${describeError(error.cause)}`;
  return `${error.name}: ${error.message} ${where}${cause}`;
}
