// Logs: what the other rooms publish on diagnostics channels becomes lines, so that none of them carries a logger.
// RFC 7644 section 7.5.2 and RFC 6750 section 5.3: no credentials, filters, ids, names or other personal values in any line.
import { AsyncLocalStorage } from 'node:async_hooks';
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createLogger as createWinston, format, type Logger, transports } from 'winston';

export type { Logger } from 'winston';

export interface LogOptions {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly format: 'json' | 'text';
  /** Standard error by default: standard output belongs to the answers of commands. */
  readonly stream?: NodeJS.WritableStream;
}

type Fields = Readonly<Record<string, unknown>>;
interface Line {
  readonly level: LogOptions['level'];
  readonly message: string;
  readonly fields: Fields;
}

export function createLogger({ level, format: shape, stream = process.stderr }: LogOptions): Logger {
  const finish = shape === 'json' ? format.json() : format.printf((line) => formatText(line));
  return createWinston({
    level,
    format: format.combine(format((line) => Object.assign(line, redactFields(line)))(), format.timestamp(), finish),
    transports: [new transports.Stream({ stream })],
  });
}

/** What lines may say. */
export interface LineOptions {
  /** Lines about failures name the person or group. */
  readonly persons?: boolean;
}

const exchanges = channel('ldap-scim-gateway:exchange');

/**
 * Writes a line for each message on the channels of the gateway, with the id of the request that it belongs to.
 * @returns how to stop that
 */
export function logChannels(logger: Logger, options: LineOptions = {}): () => void {
  const scope = new AsyncLocalStorage<unknown>();
  exchanges.bindStore(scope, (exchange) => (isFields(exchange) ? exchange['requestId'] : undefined));
  const listeners = [...lines].map(([name, describe]) => {
    const listener = (message: unknown): void => {
      const { level, message: text, fields } = describe(isFields(message) ? message : {}, options);
      const requestId = scope.getStore();
      logger.log(level, text, { ...(requestId !== undefined && { requestId }), ...fields });
    };
    subscribe(name, listener);
    return [name, listener] as const;
  });
  return () => {
    for (const [name, listener] of listeners) unsubscribe(name, listener);
    exchanges.unbindStore(scope);
  };
}

/**
 * The channels. `request` and `failure` are the HTTP layer's, `hidden` tells of references left out of an answer; `event` is for every other room: `{ level, event, …fields }`, where `event`
 * is a constant text and the fields are counts, durations, result codes and names from the configuration.
 */
const lines: ReadonlyMap<string, (message: Fields, options: LineOptions) => Line> = new Map([
  ['ldap-scim-gateway:request', describeRequest],
  ['ldap-scim-gateway:failure', describeFailure],
  ['ldap-scim-gateway:event', describeEvent],
  ['ldap-scim-gateway:failed', describeFailed],
  ['ldap-scim-gateway:hidden', (fields) => ({ level: 'debug', message: 'references hidden', fields })],
]);

const probes: ReadonlySet<unknown> = new Set(['/health', '/ready', 'admin:/health', 'admin:/ready', 'admin:/metrics']);

function describeRequest(message: Fields): Line {
  const { status, route } = message;
  const level = typeof status === 'number' && status >= 500 && status !== 501 ? 'warn' : 'info';
  return { level: probes.has(route) ? 'debug' : level, message: 'request', fields: message };
}

function describeFailure({ requestId, error }: Fields): Line {
  return { level: 'error', message: 'request failed', fields: { requestId, ...describeError(error) } };
}

/** Why something failed, in a sentence without values; quiet where the protocol expects it. */
function describeFailed(
  { directory, client, operation, resourceType, subject, text, cause }: Fields,
  { persons = false }: LineOptions,
): Line {
  const { userName, displayName, externalId, id } = isFields(subject) ? subject : {};
  const name = persons ? (userName ?? displayName ?? externalId ?? id) : undefined;
  const whom = typeof name === 'string' ? ` ${JSON.stringify(name)}` : '';
  const isQuiet = operation === 'read' || ordinary.has(cause);
  return {
    level: isQuiet ? 'info' : 'warn',
    message: `${String(operation)} ${String(resourceType)}${whom} by ${String(client)} failed: ${String(text)}`,
    fields: { directory, cause },
  };
}

/** Clients deal with these by themselves. */
const ordinary: ReadonlySet<unknown> = new Set(['notFound', 'changed', 'member', 'gone', 'dependency']);

function describeEvent({ level, event, ...fields }: Fields): Line {
  const known = level === 'error' || level === 'warn' || level === 'debug' ? level : 'info';
  return { level: known, message: typeof event === 'string' ? event : 'event', fields };
}

/** Where an error comes from. Not its message: that may quote a DN, a filter or a value. */
function describeError(error: unknown): Fields {
  if (!(error instanceof Error)) return { error: typeof error };
  return {
    error: error.name,
    ...('code' in error && { code: error.code }),
    at: framesOf(error),
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  };
}

/** Only what stands behind the message: one of several lines may have lines that look like frames. */
function framesOf({ message, stack = '' }: Error): readonly string[] {
  const start = stack.indexOf(message);
  const lines = start === -1 ? [] : stack.slice(start + message.length).split('\n');
  return lines
    .filter((line) => /^ +at /.test(line))
    .slice(0, 8)
    .map((frame) => frame.trim());
}

/** The second line of defence, for fields that should not have been published. Lower-case names. */
const secret =
  /authorization|cookie|token|passw|passphrase|secret|credential|dn$|^(?:id|entry|filter|query|url|value|values|body|detail|username|externalid|displayname|emails?|members?)$/;

function redact(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(/\b(Bearer|Basic) +\S+/gi, '$1 [redacted]');
  if (value instanceof Error) return redact(describeError(value));
  if (Array.isArray(value)) return value.map(redact);
  return isFields(value) ? redactFields(value) : value;
}

function redactFields(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, secret.test(name.toLowerCase()) ? '[redacted]' : redact(value)]),
  );
}

/** `time level message name=value …`; strings are quoted as in JSON, so no value can begin a line of its own. */
function formatText({ timestamp, level, message, ...fields }: Fields): string {
  const pairs = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${JSON.stringify(value)}`]));
  return [timestamp, level, message, ...pairs].join(' ');
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !(value instanceof Date);
}
