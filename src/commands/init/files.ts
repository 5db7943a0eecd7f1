// The two files that `init` writes: config.yaml, and mapping.yaml beside it.
import { formatDn, type Dn } from '../../ldap/dn.ts';
import type { DirectoryType } from '../../config.ts';
import type { Proposal } from './proposal.ts';
import { renderLines, renderValue } from './yaml-text.ts';

export interface ConnectionAnswers {
  readonly server: string;
  readonly bindDn: string;
  /** As in the configuration: where the password is. */
  readonly password: { readonly env: string } | { readonly file: string };
  readonly startTls: boolean;
  /** Path of a PEM file, relative to the configuration. */
  readonly ca: string | undefined;
}

export interface ConfigAnswers extends ConnectionAnswers {
  readonly type: DirectoryType;
  readonly baseDn: string;
  readonly mapping: string;
  readonly client: string;
  /** SHA-256 in hexadecimal digits. */
  readonly tokenHash: string;
  /** The last day of the token, e.g. 2030-01-31. */
  readonly expires: string;
  readonly resources: readonly string[];
}

export function renderConfig(answers: ConfigAnswers): string {
  const { server, bindDn, password, startTls, ca, type, baseDn, mapping, client, tokenHash, expires, resources } = answers;
  const tls = { ...(startTls && { startTls }), ...(ca !== undefined && { ca }) };
  return `# Where the gateway listens, the directory behind it, and who may call. config.example.yaml explains every key.
server:
  listen: 127.0.0.1:8080                 # this machine only; beyond it, TLS is needed: see \`server.tls\`
  publicUrl: http://127.0.0.1:8080       # the origin that clients see; every meta.location starts with it

directories:
  main:
    path: /scim/v2                       # clients use publicUrl + path
    type: ${renderValue(type)}
    servers: [${JSON.stringify(server)}]
    bind:                                # the service account; \`rights\` prints what it needs
      dn: ${JSON.stringify(bindDn)}
      password: ${renderValue(password)}
    baseDn: ${JSON.stringify(baseDn)}
    mapping: ${mapping}                # which LDAP attribute is which SCIM attribute
${Object.keys(tls).length === 0 ? '' : `    tls: ${renderValue(tls)}\n`}    # mode: observe                      # nothing is written; what would be is logged

clients:
  - name: ${client}
    auth:
      token: { sha256: ${JSON.stringify(tokenHash)}, expires: ${expires} }
    allow:
      directory: main
      resources: ${renderValue(resources)}
      operations: [read, create, update, delete]

# guards:
#   protect:                             # what no client may change, whatever it may do otherwise
#     - { dn: "ou=services,…", scope: sub }
`;
}

export function renderMapping(preset: string, vendor: string, baseDn: Dn, { lines, notes }: Proposal): string {
  const head = [
    `What differs here from the preset \`${preset}\` (\`check --effective\` prints both together), for ${vendor} below ${formatDn(baseDn)}.`,
    'Maps merge by key, lists are replaced whole, `null` removes a key. docs/mapping.md explains the format.',
    ...notes,
  ];
  return `${head.map((line) => `# ${line}`).join('\n')}
version: 1
extends: ${preset}
${lines.length === 0 ? '' : `\n${renderLines(lines)}`}`;
}
