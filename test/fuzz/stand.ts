// The gateway as `demo` starts it, before a directory that can be killed, with a look past the gateway at every entry.
// Test set-up only.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { type DemoDirectory, startDemoDirectory } from '../../src/demo/ldap-server.ts';
import { type Directory, openDirectory } from '../../src/ldap/directory.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import type { Entry } from '../../src/ldap/entry.ts';
import { and, equal, present } from '../../src/ldap/filter.ts';
import { freePort } from '../servers/slapd.ts';
import { suffix } from './hostile.ts';
import { tokens } from './requests.ts';

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
  /** Ends the directory as a crash would, and begins it anew in the state of its first day. */
  killDirectory(): Promise<void>;
  reviveDirectory(): Promise<void>;
  stop(): Promise<void>;
}

export async function openStand(users: number): Promise<Stand> {
  const seed = { suffix, adminPassword, users };
  let directory: DemoDirectory = await startDemoDirectory(seed);
  const admin = openDirectory({
    servers: [directory.url],
    bind: { dn: directory.adminDn, password: adminPassword },
    baseDn: parseDn(suffix),
    timeouts: { connect: 2000, operation: 30_000 },
  });
  const app = createApp(
    loadConfig(fileURLToPath(new URL('fuzz.yaml', import.meta.url)), {
      env: { FUZZ_LDAP_PASSWORD: adminPassword },
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
    killDirectory: () => directory.close(),
    async reviveDirectory() {
      directory = await startDemoDirectory({ ...seed, port: directory.port });
      await until(() => admin.status().ready && app.gateways.every((gateway) => gateway.ready()));
    },
    async stop() {
      await app.stop();
      await admin.close();
      await directory.close();
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

function configuration(port: number, directory: DemoDirectory): string {
  const client = (name: keyof typeof tokens, dialect: string, resources: string, operations: string): string => `
  - name: ${name}
    dialect: ${dialect}
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
    bind: { dn: "${directory.adminDn}", password: { env: FUZZ_LDAP_PASSWORD } }
    baseDn: "${suffix}"
    mapping: openldap
clients:${client('compat', 'compat', 'User, Group', all)}${client('strict', 'strict', 'User, Group', all)}${client('reader', 'compat', 'User, Group', 'read')}${client('users', 'compat', 'User', all)}
`;
}
