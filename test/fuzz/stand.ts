// The gateway as `demo` starts it, before a directory that can be killed, with a look past the gateway at every entry.
// Test set-up only.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { startDemoDirectory } from '../../src/demo/ldap-server.ts';
import { type Directory, openDirectory } from '../../src/ldap/directory.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import type { Entry } from '../../src/ldap/entry.ts';
import { and, equal, present } from '../../src/ldap/filter.ts';
import { freePort, startSlapd } from '../servers/slapd.ts';
import { ownName, suffix } from './hostile.ts';
import { tokens } from './headers.ts';

export const adminPassword = 'secret-of-the-fuzz-administrator';

/** What an entry was at one moment. */
interface Print {
  /** Of everything. */
  readonly digest: string;
  /** Of everything but who changed it last and when. */
  readonly content: string;
}

export type Prints = ReadonlyMap<string, Print>;

export interface Stand {
  readonly port: number;
  /** Change number of the last change anywhere in the directory. */
  lastChange(): Promise<string>;
  printAll(): Promise<Prints>;
  findById(id: string): Promise<Entry | undefined>;
  /** Ends the directory as a crash would, and begins it anew: the embedded one in the state of its first day. */
  killDirectory(): Promise<void>;
  reviveDirectory(): Promise<void>;
  stop(): Promise<void>;
}

/** A directory that can be killed. */
interface Victim {
  readonly url: string;
  /** The account of the gateway, and of the look past it. */
  readonly dn: string;
  readonly password: string;
  kill(): Promise<void>;
  revive(): Promise<void>;
  stop(): Promise<void>;
}

async function startEmbedded(users: number): Promise<Victim> {
  const seed = { suffix, adminPassword, users };
  let running = await startDemoDirectory(seed);
  const { url, port, adminDn } = running;
  const revive = async (): Promise<void> => {
    running = await startDemoDirectory({ ...seed, port });
  };
  return { url, dn: adminDn, password: adminPassword, kill: () => running.close(), revive, stop: () => running.close() };
}

async function startReal(users: number): Promise<Victim> {
  const person = (i: number): string =>
    `dn: uid=person${i},ou=people,${suffix}\nobjectClass: inetOrgPerson\nuid: person${i}\ncn: Person ${i}\nsn: P\nmail: p${i}@example.com\n`;
  const group = `dn: cn=all,ou=groups,${suffix}\nobjectClass: groupOfNames\ncn: all\nmember: uid=person0,ou=people,${suffix}\n`;
  const ldif = [...Array.from({ length: users }, (_, i) => person(i)), ...(users > 0 ? [group] : [])].join('\n');
  const server = await startSlapd({ suffix, ldif, overlays: ['refint', 'syncprov'] });
  return {
    url: server.url,
    dn: server.gatewayDn,
    password: server.gatewayPassword,
    kill: server.kill,
    revive: server.restart,
    stop: server.stop,
  };
}

export async function openStand(users: number, kind: 'embedded' | 'slapd' = 'embedded'): Promise<Stand> {
  const directory = await (kind === 'slapd' ? startReal : startEmbedded)(users);
  const admin = openDirectory({
    servers: [directory.url],
    bind: { dn: directory.dn, password: directory.password },
    baseDn: parseDn(suffix),
    timeouts: { connect: 2000, operation: 30_000 },
  });
  const app = createApp(
    loadConfig(fileURLToPath(new URL('fuzz.yaml', import.meta.url)), {
      env: { FUZZ_LDAP_PASSWORD: directory.password },
      text: configuration(await freePort(), directory),
    }),
  );
  const { port } = await app.start();
  await admin.start();
  return {
    port,
    async lastChange() {
      const base = await admin.read(parseDn(suffix), ['contextCSN']);
      return base?.texts('contextCSN')[0] ?? '';
    },
    printAll: () => printAll(admin),
    async findById(id) {
      const filter = and([present('objectClass'), equal('entryUUID', id)]);
      for await (const entry of admin.search({ base: parseDn(suffix), scope: 'sub', filter, attributes: ['*', '+'] })) return entry;
      return undefined;
    },
    killDirectory: () => directory.kill(),
    async reviveDirectory() {
      await directory.revive();
      await until(() => admin.status().ready && app.gateways.every((gateway) => gateway.ready()));
    },
    async stop() {
      await app.stop();
      await admin.close();
      await directory.stop();
    },
  };
}

const stamps = new Set(['entrycsn', 'modifytimestamp', 'modifiersname']);

async function printAll(admin: Directory): Promise<Prints> {
  const prints = new Map<string, Print>();
  const filter = present('objectClass');
  for await (const entry of admin.search({ base: parseDn(suffix), scope: 'sub', filter, attributes: ['*', '+'] })) {
    // Computed, not stored: they tell of other entries.
    const stored = entry.names().filter((name) => !['contextcsn', 'hassubordinates'].includes(name));
    const digestOf = (names: readonly string[]): string => {
      const hash = createHash('sha256');
      for (const name of names)
        hash.update(
          JSON.stringify([
            name,
            entry
              .octets(name)
              .map((octets) => octets.toString('base64'))
              .toSorted(),
          ]),
        );
      return hash.digest('base64');
    };
    const names = stored.toSorted();
    prints.set(entry.dn, { digest: digestOf(names), content: digestOf(names.filter((name) => !stamps.has(name))) });
  }
  return prints;
}

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 600; i += 1) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the gateway did not recover within 30 s');
}

function configuration(port: number, directory: Victim): string {
  const client = (name: keyof typeof tokens, dialect: string, resources: string, operations: string, more = ''): string => `
  - name: ${name}
    dialect: ${dialect}${more}
    auth: { token: { sha256: "${createHash('sha256').update(tokens[name]).digest('hex')}", expires: never } }
    allow: { directory: demo, resources: [${resources}], operations: [${operations}] }`;
  const all = 'read, create, update, delete';
  return `
server: { listen: "127.0.0.1:${port}", publicUrl: "http://127.0.0.1:${port}" }
directories:
  demo:
    path: /scim/v2
    type: openldap
    servers: ["${directory.url}"]
    bind: { dn: "${directory.dn}", password: { env: FUZZ_LDAP_PASSWORD } }
    baseDn: "${suffix}"
    mapping: openldap
clients:${client('compat', 'compat', 'User, Group', all)}${client('strict', 'strict', 'User, Group', all)}${client('reader', 'compat', 'User, Group', 'read')}${client('users', 'compat', 'User', all)}${client('self', 'compat', 'User', all, `\n    me: 'userName eq "${ownName}"'`)}
`;
}
