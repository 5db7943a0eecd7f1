// What a server itself wrote down of every write that it did, so that none is done twice unseen.
// Test set-up only; slapo-auditlog(5), the audit log of 389 Directory Server, dsdb_audit in smb.conf(5).
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditLogOf, startDs389 } from '../../servers/ds389.ts';
import { logOf, startSamba } from '../../servers/samba.ts';
import { startSlapd } from '../../servers/slapd.ts';
import { overTls, type StartedDirectory } from '../faces.ts';

/** One write that was done. */
export interface Write {
  readonly kind: 'add' | 'modify' | 'rename' | 'delete';
  readonly dn: string;
  /** Attributes and values, as the server writes them. */
  readonly text: string;
}

export interface Audited {
  readonly directory: StartedDirectory;
  readonly writes: () => Promise<readonly Write[]>;
}

export async function startAuditedSlapd(): Promise<Audited> {
  const dir = await mkdtemp(join(tmpdir(), 'audit-'));
  const file = join(dir, 'audit.ldif');
  const server = await startSlapd({
    overlays: ['refint'],
    global: 'moduleload auditlog',
    config: `overlay auditlog\nauditlog ${file}`,
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(dir, { recursive: true });
  };
  return { directory: { ...server, stop }, writes: async () => readChanges(await readFile(file, 'utf8')) };
}

export async function startAuditedDs389(): Promise<Audited> {
  const server = await startDs389({ auditLog: true });
  return { directory: await overTls(server), writes: async () => readChanges(await readFile(auditLogOf(server), 'utf8')) };
}

export async function startAuditedSamba(): Promise<Audited> {
  const server = await startSamba({ config: 'log level = 0 dsdb_audit:5' });
  return { directory: { ...server, tls: server }, writes: async () => readAuditLines(await readFile(logOf(server), 'utf8')) };
}

const changeTypes = new Map<string, Write['kind']>([
  ['add', 'add'],
  ['modify', 'modify'],
  ['modrdn', 'rename'],
  ['delete', 'delete'],
]);

/** LDIF change records (RFC 2849), with comments. */
function readChanges(text: string): readonly Write[] {
  return text
    .replaceAll('\n ', '')
    .split(/\n{2,}/)
    .flatMap((record) => {
      const [, dn] = /^dn: (.*)$/m.exec(record) ?? [];
      const kind = changeTypes.get(/^changetype: (\w+)$/m.exec(record)?.[1] ?? '');
      return dn === undefined || kind === undefined ? [] : [{ kind, dn, text: record }];
    });
}

const auditLine = /DSDB Change \[(?<kind>\w+)\] .* status \[Success\] .* DN \[(?<dn>.*?)\](?: attributes \[(?<text>.*)\])?$/gm;

function readAuditLines(text: string): readonly Write[] {
  return [...text.matchAll(auditLine)].flatMap(({ groups = {} }) => {
    const kind = changeTypes.get(groups['kind']?.toLowerCase() ?? '');
    return kind === undefined ? [] : [{ kind, dn: groups['dn'] ?? '', text: groups['text'] ?? '' }];
  });
}
