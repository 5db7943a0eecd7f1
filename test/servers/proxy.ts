// A TCP proxy on a free loopback port that misbehaves on command: cuts, stalls, delays, delivers in small pieces or half.
// Test set-up only; it knows nothing of LDAP. Before a server with TLS it speaks TLS on both sides, so that what passes can be read.
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';
import type { Certificates } from './certificates.ts';

/** A server with TLS, and the certificates that the proxy shows in its place. */
export interface TlsTarget {
  readonly host: string;
  readonly port: number;
  /** Name in the server's certificate, when it is not the host. */
  readonly serverName?: string;
  /** The CA of the server, as PEM text. */
  readonly ca: string;
  /** For localhost and 127.0.0.1. */
  readonly certificates: Certificates;
}

/** `loseRequest`: the connection ends and the chunk never arrives. `loseAnswer`: it arrives, and what is answered to it ends the connection. */
export type Verdict = 'pass' | 'loseRequest' | 'loseAnswer';

export interface Proxy {
  readonly port: number;
  readonly url: string;
  /** Connections accepted so far, and those open now. */
  readonly accepted: number;
  readonly open: number;
  /** All octets that clients have sent. */
  sent(): Buffer;
  /** Ends all connections at once; new ones are taken. */
  cut(): void;
  /** Passes that many octets more of answers, then ends the connection in the middle; others go on. */
  cutAfter(octets: number): void;
  /** Keeps answers back until `resume`; requests go through. */
  stall(): void;
  resume(): void;
  /** Each chunk of answers waits that many milliseconds. */
  delay(milliseconds: number): void;
  /** Answers arrive in pieces of that many octets. */
  slice(octets: number): void;
  /** New connections are ended as soon as they are made. */
  refuse(isRefusing: boolean): void;
  /** Is asked about each chunk that a client sends, before it goes on; undefined asks no more. */
  judge(verdict: ((chunk: Buffer) => Verdict) | undefined): void;
  stop(): Promise<void>;
}

/** @param target a port of 127.0.0.1, or a server with TLS */
export async function startProxy(target: number | TlsTarget): Promise<Proxy> {
  const clients = new Set<net.Socket>();
  const sent: Buffer[] = [];
  const held: (() => void)[] = [];
  const state = { accepted: 0, budget: Infinity, isStalled: false, isRefusing: false, delay: 0, slice: Infinity };
  let verdictOn: ((chunk: Buffer) => Verdict) | undefined;
  const deaf = new WeakSet<net.Socket>();

  const pass = (client: net.Socket, chunk: Buffer): void => {
    const allowed = chunk.subarray(0, Math.max(0, Math.min(chunk.length, state.budget)));
    state.budget -= allowed.length;
    for (let at = 0; at < allowed.length; at += state.slice) client.write(allowed.subarray(at, at + Math.min(state.slice, allowed.length)));
    if (state.budget > 0) return;
    state.budget = Infinity;
    client.end(() => client.destroy());
  };
  const deliver = (client: net.Socket, chunk: Buffer): void => {
    if (state.isStalled) held.push(() => pass(client, chunk));
    else if (state.delay > 0) setTimeout(() => pass(client, chunk), state.delay);
    else pass(client, chunk);
  };
  const server = listener(target, (client) => {
    state.accepted += 1;
    if (state.isRefusing) return void client.destroy();
    clients.add(client);
    const upstream = connectTo(target);
    client.on('data', (chunk) => {
      sent.push(chunk);
      const verdict = verdictOn?.(chunk) ?? 'pass';
      if (verdict === 'loseRequest') return void client.destroy();
      if (verdict === 'loseAnswer') deaf.add(client);
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (deaf.has(client)) client.destroy();
      else deliver(client, chunk);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.setNoDelay(true).on('error', () => one.destroy());
      one.on('close', () => {
        clients.delete(client);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const cut = (): void => clients.forEach((client) => client.destroy());

  return {
    port,
    url: `${typeof target === 'number' ? 'ldap' : 'ldaps'}://127.0.0.1:${port}`,
    get accepted() {
      return state.accepted;
    },
    get open() {
      return clients.size;
    },
    sent: () => Buffer.concat(sent),
    cut,
    cutAfter: (octets) => (state.budget = octets),
    stall: () => (state.isStalled = true),
    resume: () => {
      state.isStalled = false;
      held.splice(0).forEach((act) => act());
    },
    delay: (milliseconds) => (state.delay = milliseconds),
    slice: (octets) => (state.slice = octets),
    judge: (verdict) => (verdictOn = verdict),
    refuse: (isRefusing) => (state.isRefusing = isRefusing),
    stop: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Takes connections, with TLS where the target has it. */
export function listener(target: number | TlsTarget, take: (client: net.Socket) => void): net.Server {
  if (typeof target === 'number') return net.createServer(take);
  const { key, cert } = target.certificates;
  return tls.createServer({ key, cert }, take).on('tlsClientError', () => undefined);
}

export function connectTo(target: number | TlsTarget): net.Socket {
  if (typeof target === 'number') return net.connect(target, '127.0.0.1');
  const { host, port, ca, serverName } = target;
  return tls.connect({ host, port, ca, ...(serverName !== undefined && { servername: serverName }) });
}
