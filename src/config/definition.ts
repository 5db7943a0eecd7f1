// config.yaml as operators write it: one zod definition from which the types, the messages and the JSON Schema come.
// No RFC; every section is strict: an unknown key is refused, nothing is accepted and ignored.
import * as z from 'zod';
import { emptyDn } from '../ldap/dn.ts';
import { parseFilter } from '../ldap/filter.ts';
import { clientDefinition } from './client-definition.ts';
import { dn, duration, filePath, hasOneSource, oneSource, parseAs, secretDefinition, textOf, tokenSources } from './fields.ts';
import { parseCron, parseListen, parseNetwork, parseOrigin, parseServerUrl, parseTimezone } from './syntax.ts';

export const serverDefinition = z.strictObject({
  listen: textOf(parseListen, 'host:port, such as 127.0.0.1:8080 or [::1]:8080; port 0 takes a free one and logs it'),
  publicUrl: textOf(parseOrigin, 'Origin that clients see, such as https://scim.example.com; every meta.location starts with it'),
  tls: z
    .union([
      z.literal('terminatedUpstream'),
      z.strictObject({
        cert: filePath.describe('PEM file: the certificate, then its chain'),
        key: filePath.describe('PEM file: the private key'),
        minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('The oldest version of TLS that is spoken'),
        clientCa: z
          .union([filePath, z.array(filePath).min(1)])
          .optional()
          .describe('PEM files of the authorities that issue client certificates, where a client does not name its own'),
      }),
    ])
    .optional()
    .describe('Certificate and key, or terminatedUpstream if a proxy in front ends TLS; without it, plain HTTP on loopback only'),
  cursorKey: z
    .union([secretDefinition, z.array(secretDefinition).min(1)])
    .optional()
    .describe(
      'Secret that seals the cursors of pages, the same on every replica; of several the first seals and all open. Without it, the bind password of the directory',
    ),
  cursorTimeout: duration('How long the cursor of a page is good').default(3_600_000),
  certificateHeader: z
    .strictObject({
      name: z
        .string()
        .regex(/^[A-Za-z0-9-]+$/, 'must be the name of a header, such as Client-Cert')
        .describe('Header in which the proxy tells the certificate of the client'),
      from: z
        .array(textOf(parseNetwork, 'An address or a network, such as 10.1.2.3 or 10.1.0.0/16'))
        .min(1)
        .prefault(['127.0.0.1', '::1'])
        .describe('Where the proxy connects from; from anywhere else the header means nothing'),
    })
    .optional()
    .describe('Client certificates that a proxy in front has verified; only with tls: terminatedUpstream'),
  failedAuthenticationsPerMinute: z
    .int()
    .min(1)
    .default(120)
    .describe('How often one address may fail to authenticate in a minute before that is answered 429 instead of 401'),
  role: z
    .enum(['writer', 'reader'])
    .default('writer')
    .describe('Of several processes before the same directories one is the writer; a reader answers writes with 503'),
  timezone: textOf(parseTimezone, 'Time zone of cron texts, such as Europe/Berlin').prefault('UTC'),
});
export type ServerDefinition = z.output<typeof serverDefinition>;

const directoryTypes = ['openldap', 'active-directory', 'samba-ad', '389ds', 'freeipa', 'generic'] as const;
const allowPlain = 'iKnowThatPasswordsTravelInClear';

const readMode = z.enum(['live', 'cache']);

const detectWays = ['auto', 'syncrepl', 'entrycsn', 'usn', 'dirsync', 'entryusn', 'changelog', 'timestamp'] as const;
const cron = (description: string) => textOf(parseCron, description);

export const cacheDefinition = z.strictObject({
  poll: cron('When to ask for changes: cron of five fields, or six with seconds first').prefault('*/10 * * * * *'),
  detect: z.enum(detectWays).default('auto').describe('How changes are found'),
  sweep: cron('When to compare all ids, for deletions that the server does not show: cron').prefault('*/5 * * * *'),
  confirmDeletes: z.int().min(1).default(2).describe('Complete sweeps that must miss an entry'),
  maxRemoved: z
    .strictObject({
      percent: z.number().gt(0).max(100).default(5).describe('Of the entries in scope'),
      atLeast: z.int().min(1).default(10).describe('So many may always be removed'),
    })
    .prefault({})
    .describe('A poll that would remove more stops and alerts'),
  maxStaleness: duration('How old a list may be while the directory is away').prefault('15m'),
  whenStale: z
    .enum(['live', 'unavailable'])
    .default('live')
    .describe('Lists beyond maxStaleness: live asks the directory, unavailable answers 503'),
  store: z
    .string()
    .min(1)
    .default('memory')
    .describe(
      'A file, relative to this one, from which lists are answered at once after a restart; or memory, and everything is read anew',
    ),
});

export type CacheDefinition = z.output<typeof cacheDefinition>;

export const directoryDefinition = z.strictObject({
  path: z
    .string()
    .regex(/^(?:\/(?!\.\.?(?:\/|$))[A-Za-z0-9._~-]+)+$/, 'must be a path such as /scim/v2, without a slash at its end')
    .describe('Where this directory is served, such as /scim/v2'),
  type: z
    .preprocess((name) => (name === 'activeDirectory' ? 'active-directory' : name), z.enum(directoryTypes))
    .describe(`${directoryTypes.join(', ')}; compared with the root DSE at start`),
  servers: z
    .array(textOf(parseServerUrl, 'ldaps://, ldap:// or ldapi:// URL'))
    .min(1)
    .describe('LDAP URLs in order of preference; ldap:// beyond loopback needs tls.startTls'),
  bind: z
    .strictObject({
      dn: z
        .string()
        .refine((name) => name.trim() !== '', 'must not be empty')
        .describe('DN of the service account; on Active Directory user@domain or DOMAIN\\user too'),
      password: secretDefinition.describe('{ env: NAME } or { file: path }'),
    })
    .describe('The service account'),
  baseDn: dn('What {baseDn} in the mapping stands for'),
  mapping: z.string().min(1).describe('Mapping file, relative to this file; or the name of a shipped preset'),
  timeouts: z
    .strictObject({
      connect: duration('For a connection with TLS and bind').prefault('5s'),
      operation: duration('For one LDAP operation').prefault('15s'),
    })
    .prefault({})
    .describe('How long to wait for the server'),
  tls: z
    .strictObject({
      startTls: z.boolean().default(false).describe('Secure ldap:// connections before the bind'),
      ca: z
        .union([filePath, z.array(filePath).min(1)])
        .optional()
        .describe('PEM files of the authorities to trust instead of the system’s'),
      cert: filePath.optional().describe('PEM file: client certificate'),
      key: filePath.optional().describe('PEM file: its private key'),
      serverName: z.string().min(1).optional().describe('Name to verify in the certificate when it is not the host of the URL'),
      allowPlain: z.literal(allowPlain).optional().describe('Lets ldap:// go beyond loopback without TLS'),
    })
    .refine((tls) => (tls.cert === undefined) === (tls.key === undefined), 'needs both `cert` and `key`, or neither')
    .prefault({})
    .describe('TLS towards the server; certificates are always verified'),
  reads: z
    .strictObject({
      byId: readMode.default('live').describe('Reads by id'),
      lookup: readMode.default('live').describe('Filters on a key: id, userName, externalId, displayName of a group'),
      lists: readMode.default('cache').describe('Browsing'),
    })
    .prefault({})
    .describe('live: asked of the directory each time; cache: from the snapshot, which is kept up by polling'),
  cache: cacheDefinition.optional().describe('Instead of `cache` at the top of the file'),
  mode: z
    .enum(['write', 'observe'])
    .default('write')
    .describe('observe: nothing is written; updates and deletes are answered as if done, creates with 503'),
});
export type DirectoryDefinition = z.output<typeof directoryDefinition>;

const protectDefinition = z
  .strictObject({
    dn: dn('The entry').optional(),
    scope: z
      .enum(['base', 'one', 'sub'])
      .optional()
      .describe('base (default): the entry alone; one: what lies directly below; sub: it and all below'),
    filter: textOf(parseAs('an LDAP filter', parseFilter), 'LDAP filter of the entries').optional(),
  })
  .refine((entry) => (entry.dn === undefined) !== (entry.filter === undefined), 'needs either `dn` or `filter`')
  .refine((entry) => entry.filter === undefined || entry.scope === undefined, 'may have `scope` only beside `dn`')
  .transform(({ dn, scope, filter }) => (filter === undefined ? { dn: dn ?? emptyDn, scope: scope ?? ('base' as const) } : { filter }));

const limitDefinition = z
  .strictObject({
    operation: z
      .enum(['delete', 'deactivate', 'removeMember'])
      .describe('delete: of any resource; deactivate: active set to false; removeMember: values taken out of groups'),
    perHour: z.int().min(1).optional().describe('At most so many in any hour'),
    percentOfPopulation: z
      .number()
      .gt(0)
      .max(100)
      .optional()
      .describe('At most so many percent of the entries in scope; with perHour, the lower counts'),
    atLeast: z.int().min(1).default(10).describe('So many may always be done'),
    // oxlint-disable-next-line unicorn/no-thenable -- a key of the file
    then: z
      .enum(['reject', 'hold'])
      .describe(
        'reject: 429 with Retry-After; hold: 503 until an administrator has approved it, then the next attempt of the client is done',
      ),
  })
  .refine(
    (limit) => limit.perHour !== undefined || limit.percentOfPopulation !== undefined,
    'needs `perHour`, `percentOfPopulation` or both',
  )
  .transform(({ then, ...limit }) => ({ ...limit, holds: then === 'hold' }));

export const guardsDefinition = z.strictObject({
  protect: z
    .array(z.preprocess((entry) => (typeof entry === 'string' ? { dn: entry } : entry), protectDefinition))
    .default([])
    .describe('Entries that are never written: a DN, { dn, scope } or { filter }'),
  allowPrivileged: z.boolean().default(false).describe('Lets clients write privileged accounts and groups'),
  limits: z
    .array(limitDefinition)
    .default([])
    .describe('How much clients may take away within an hour, in each directory; what is over a limit is not done'),
  store: z
    .string()
    .min(1)
    .default('guards.db')
    .describe(
      'File, relative to this one, of what the guards keep beyond a restart, made when a limit, `defer` or `purgeAfter` needs it; or memory',
    ),
  holds: z
    .strictObject({
      expireAfter: duration('How long a held change waits for a decision, and an approval for the client').prefault('7d'),
      retryAfter: duration('Retry-After of a held change').prefault('10m'),
    })
    .prefault({})
    .describe('Changes that wait for an administrator (`then: hold`)'),
  deferred: z
    .strictObject({ expireAfter: duration('How long a reference is waited for').prefault('14d') })
    .prefault({})
    .describe('References to what does not exist yet (`onUnresolved: defer`)'),
});

export const logDefinition = z.strictObject({
  level: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('The least important messages to log'),
  format: z.enum(['json', 'text']).default('text').describe('json: one object per line; text: for people'),
  persons: z.boolean().optional().describe('true: lines about failures name the person or group that they concern'),
});

export const adminDefinition = z.strictObject({
  listen: textOf(parseListen, 'host:port of its own, such as 127.0.0.1:9090; beyond loopback only with tls'),
  tls: z
    .strictObject({
      cert: filePath.describe('PEM file: the certificate, then its chain'),
      key: filePath.describe('PEM file: the private key'),
    })
    .optional()
    .describe('Certificate and key; without it, plain HTTP on loopback only'),
  token: z
    .strictObject(tokenSources, {
      error: (issue) =>
        issue.code === 'invalid_type' && issue.input !== undefined
          ? 'must not stand in the file: write { sha256: … }, { env: NAME } or { file: path }'
          : undefined,
    })
    .refine(hasOneSource, oneSource)
    .meta({ writeOnly: true })
    .describe('Bearer token of the operator; no client may have the same'),
});

export const auditDefinition = z.strictObject({
  file: filePath.describe('One line of JSON for each SCIM request is appended; mode 0600'),
  rotate: z
    .strictObject({
      maxBytes: z.int().min(1024).default(52_428_800).describe('Octets after which a new file is begun, and the old one is called file.1'),
      maxAge: duration('Age of a file after which a new one is begun; without it, size alone decides').optional(),
      keep: z.int().min(1).max(1000).default(5).describe('How many old files stay'),
    })
    .prefault({})
    .describe('Rotation by size and age'),
  values: z
    .enum(['full', 'redacted', 'none'])
    .default('redacted')
    .describe('Values before and after a write: full: in clear, but secrets; redacted: keyed fingerprints; none: names of attributes only'),
  persons: z
    .enum(['clear', 'fingerprint', 'none'])
    .default('fingerprint')
    .describe(
      'userName, externalId and displayName of whom a request concerns: in clear, as keyed fingerprints that can be searched for, or not at all',
    ),
});

/** The journal alone. */
export const auditSection = z.strictObject({ audit: auditDefinition });

export const configDefinition = z.strictObject({
  server: serverDefinition.describe('Where the gateway listens'),
  directories: z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*$/, 'must be a name of letters, digits, hyphens and underscores'), directoryDefinition)
    .refine((directories) => Object.keys(directories).length > 0, 'needs at least one directory')
    .describe('The directories by name'),
  clients: z.array(clientDefinition).min(1).describe('Who may call'),
  guards: guardsDefinition.optional().describe('What no client may do'),
  log: logDefinition.optional().describe('The log'),
  cache: cacheDefinition.optional().describe('The snapshot that lists are read from: how it is kept true, and where'),
  audit: auditDefinition.optional().describe('The audit log'),
  admin: adminDefinition.optional().describe('Status, metrics and reload for the operator, on a listener of its own'),
});
