// config.yaml as operators write it: one zod definition from which the types, the messages and the JSON Schema come.
// A key of a feature that is not in this version is defined as refused: nothing is accepted and ignored.
import * as z from 'zod';
import { emptyDn, parseDn } from '../ldap/dn.ts';
import { parseFilter } from '../ldap/filter.ts';
import { parseCron, parseDuration, parseExpiry, parseListen, parseOrigin, parseServerUrl } from './syntax.ts';

/** Text that `parse` turns into something better; what it throws becomes the message. */
function textOf<T>(parse: (text: string) => T, description: string) {
  const fault = (input: unknown): string | undefined => {
    try {
      parse(String(input));
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  return z
    .string({ error: (issue) => (typeof issue.input === 'number' ? fault(issue.input) : undefined) })
    .describe(description)
    .transform((text, context): T => {
      const message = fault(text);
      if (message === undefined) return parse(text);
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    });
}

/** Says in the parser's words why a text is no DN or no filter. */
function parseAs<T>(kind: string, parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      const detail = (error instanceof Error ? error.message : String(error)).replace(/^invalid \w+ /, '');
      throw new SyntaxError(`must be ${kind} (${detail})`, { cause: error });
    }
  };
}

function parseNamedDn(text: string) {
  if (text.trim() === '') throw new SyntaxError('must not be empty');
  return parseAs('a DN', parseDn)(text);
}

const notYet = (instead = 'remove it') => z.never({ error: `is not in this version: ${instead}` }).optional();
const duration = (description: string) => textOf(parseDuration, description);
const dn = (description: string) => textOf(parseNamedDn, description);
const filePath = z.string().min(1);

const inTheFile = 'must not stand in the file: write { env: NAME } or { file: path }';
const environmentName = z.string().refine((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name), {
  error: 'must be the name of an environment variable (letters, digits, _)',
  params: { secret: true },
});

const secretDefinition = z
  .strictObject(
    {
      env: environmentName.optional().describe('Environment variable that holds it'),
      file: filePath.optional().describe('File that holds it; one line feed at its end is dropped'),
    },
    { error: (issue) => (issue.code === 'invalid_type' && issue.input !== undefined ? inTheFile : undefined) },
  )
  .refine((secret) => (secret.env === undefined) !== (secret.file === undefined), 'needs either `env` or `file`')
  .meta({ writeOnly: true });

const hashOfNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const tokenSources = {
  sha256: z
    .string()
    .refine((text) => text.toLowerCase() !== hashOfNothing, {
      error: 'is the hash of an empty text: the token was missing when it was computed',
      params: { secret: true },
    })
    .refine((text) => /^[0-9a-f]{64}$/i.test(text), {
      error: 'must be 64 hexadecimal digits, from `printf %s TOKEN | sha256sum`',
      params: { secret: true },
    })
    .optional()
    .describe('SHA-256 of the token in hexadecimal digits'),
  env: environmentName.optional().describe('Environment variable that holds the token'),
  file: filePath.optional().describe('File that holds the token; one line feed at its end is dropped'),
};

const hasOneSource = ({ sha256, env, file }: { readonly [source in keyof typeof tokenSources]?: string | undefined }): boolean =>
  [sha256, env, file].filter((source) => source !== undefined).length === 1;
const oneSource = 'needs exactly one of `sha256`, `env` and `file`';

const tokenDefinition = z
  .strictObject(
    {
      ...tokenSources,
      expires: textOf(parseExpiry, 'a date such as 2030-01-31 (the end of that day in UTC), a date and time with zone, or the word never'),
    },
    {
      error: (issue) =>
        issue.code === 'invalid_type' && issue.input !== undefined
          ? 'must not stand in the file: write { sha256: … }, { env: NAME } or { file: path }, with expires'
          : undefined,
    },
  )
  .refine(hasOneSource, oneSource)
  .meta({ writeOnly: true });
export type TokenDefinition = z.output<typeof tokenDefinition>;

export const serverDefinition = z.strictObject({
  listen: textOf(parseListen, 'host:port, such as 127.0.0.1:8080 or [::1]:8080; port 0 takes a free one and logs it'),
  publicUrl: textOf(parseOrigin, 'Origin that clients see, such as https://scim.example.com; every meta.location starts with it'),
  tls: z
    .union([
      z.literal('terminatedUpstream'),
      z.strictObject({
        cert: filePath.describe('PEM file: the certificate, then its chain'),
        key: filePath.describe('PEM file: the private key'),
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
  timezone: notYet(),
});
export type ServerDefinition = z.output<typeof serverDefinition>;

const directoryTypes = ['openldap', 'active-directory', 'samba-ad', '389ds', 'freeipa', 'generic'] as const;
const allowPlain = 'iKnowThatPasswordsTravelInClear';

const readMode = z.enum(['live', 'cache']).default('live');

const detectWays = ['auto', 'syncrepl', 'entrycsn', 'usn', 'dirsync', 'entryusn', 'changelog', 'timestamp'] as const;
const cron = (description: string) => textOf(parseCron, description);

/** Accepted and checked, and without effect as long as there is no snapshot: `warnOfCache` says so. */
export const cacheDefinition = z.strictObject({
  poll: cron('When to ask for changes: cron of five fields, or six with seconds first; UTC').prefault('*/10 * * * * *'),
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
  store: z.string().min(1).default('memory').describe('A file, relative to this one, or memory'),
});

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
      byId: readMode.describe('Reads by id'),
      lookup: readMode.describe('Filters on a key: id, userName, externalId, displayName of a group'),
      lists: readMode.describe('Browsing'),
    })
    .optional()
    .describe('live: asked of the directory each time; cache is accepted with a warning, and this version reads live all the same'),
  cache: cacheDefinition.optional().describe('Instead of `cache` at the top of the file; without effect in this version'),
  mode: z
    .enum(['write', 'observe'])
    .default('write')
    .describe('observe: nothing is written; updates and deletes are answered as if done, creates with 503'),
});
export type DirectoryDefinition = z.output<typeof directoryDefinition>;

export const clientDefinition = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be a name of letters, digits, dots, hyphens and underscores')
    .describe('For the log and the command line'),
  dialect: z.string().default('compat').describe('How the client bends the protocol: compat, strict, or the name of an identity provider'),
  me: z
    .string()
    .optional()
    .describe('What /Me is to this client: a SCIM filter that finds one resource, such as userName eq "svc"; without it, /Me is 404'),
  patchResponse: z
    .enum(['full', 'noContent'])
    .default('full')
    .describe('What a PATCH is answered: full: the resource; noContent: nothing (204), unless attributes are asked for'),
  auth: z
    .strictObject({
      token: tokenDefinition.optional().describe('Bearer token'),
      tokens: z.array(tokenDefinition).min(1).optional().describe('Several bearer tokens, for rotation'),
      jwt: notYet('use `token`'),
      certificate: notYet('use `token`'),
    })
    .refine((auth) => (auth.token === undefined) !== (auth.tokens === undefined), 'needs either `token` or `tokens`')
    .describe('How the client proves who it is'),
  allow: z
    .strictObject({
      directory: z.string().describe('Name of one of `directories`'),
      resources: z.array(z.string()).min(1).describe('Resource types of its mapping, such as User and Group'),
      operations: z
        .array(z.enum(['read', 'create', 'update', 'delete']))
        .min(1)
        .describe('read, create, update, delete'),
      attributes: notYet(),
    })
    .describe('What the client may do'),
});
export type ClientDefinition = z.output<typeof clientDefinition>;

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
    // oxlint-disable-next-line unicorn/no-thenable -- a key of the file, dropped below
    then: z
      .literal('reject', { error: (issue) => (issue.input === 'hold' ? 'must be reject: hold is not in this version' : undefined) })
      .describe('reject: 429 with Retry-After'),
  })
  .refine(
    (limit) => limit.perHour !== undefined || limit.percentOfPopulation !== undefined,
    'needs `perHour`, `percentOfPopulation` or both',
  )
  .transform(({ then: _onlyReject, ...limit }) => limit);

export const guardsDefinition = z.strictObject({
  protect: z
    .array(z.preprocess((entry) => (typeof entry === 'string' ? { dn: entry } : entry), protectDefinition))
    .default([])
    .describe('Entries that are never written: a DN, { dn, scope } or { filter }'),
  allowPrivileged: z.boolean().default(false).describe('Lets clients write privileged accounts and groups'),
  limits: z
    .array(limitDefinition)
    .default([])
    .describe('How much clients may take away within an hour, in each directory; what is over a limit is answered 429 and not done'),
});

export const logDefinition = z.strictObject({
  level: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('The least important messages to log'),
  format: z.enum(['json', 'text']).default('text').describe('json: one object per line; text: for people'),
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
      keep: z.int().min(1).max(1000).default(5).describe('How many old files stay'),
    })
    .prefault({})
    .describe('Rotation by size'),
});

export const configDefinition = z.strictObject({
  server: serverDefinition.describe('Where the gateway listens'),
  directories: z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*$/, 'must be a name of letters, digits, hyphens and underscores'), directoryDefinition)
    .refine((directories) => Object.keys(directories).length > 0, 'needs at least one directory')
    .describe('The directories by name'),
  clients: z.array(clientDefinition).min(1).describe('Who may call'),
  guards: guardsDefinition.optional().describe('What no client may do'),
  log: logDefinition.optional().describe('The log'),
  cache: cacheDefinition.optional().describe('The snapshot that lists will be read from; without effect in this version'),
  audit: auditDefinition.optional().describe('The audit log'),
  admin: adminDefinition.optional().describe('Status, metrics and reload for the operator, on a listener of its own'),
});
