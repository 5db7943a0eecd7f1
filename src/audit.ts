// The journal: one line of JSON for each SCIM request, with what it wrote, what was refused, what was ignored, and why it failed.
// RFC 7644 section 7.5.2 and R-197: never a credential; of names and values what the configuration allows, nothing in clear unless it says so.
import { AsyncLocalStorage } from 'node:async_hooks';
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { isDeepStrictEqual } from 'node:util';
import { openFingerprint, temporaryFingerprint, type Fingerprint } from './audit/fingerprint.ts';
import { asFields, personOf, type PersonPolicy, type Redaction, redactWrite, type ValuePolicy } from './audit/redaction.ts';
import { LineFile, type LineFileOptions } from './line-file.ts';

export interface AuditOptions extends LineFileOptions {
  readonly values?: ValuePolicy;
  readonly persons?: PersonPolicy;
}

export interface Audit {
  /** Goes on with another file, or with the same opened anew; undefined: nothing is written any more. */
  use(options: AuditOptions | undefined): void;
  /** Resolves when everything is in the file. */
  close(): Promise<void>;
}

/** What one request brought about, as it is noted while the request is answered. */
interface Notes {
  readonly writes: unknown[];
  readonly failures: unknown[];
  readonly refusals: unknown[];
  readonly ignored: unknown[];
  dropped: number;
  /** The line has been written: the client went away while the gateway was at work. */
  line: Fields | undefined;
}

type Fields = Readonly<Record<string, unknown>>;
type List = 'writes' | 'failures' | 'refusals' | 'ignored';

interface Output {
  readonly file: LineFile;
  readonly redaction: Redaction;
}

/** A request that names thousands of unknown attributes does not make a line of megabytes. */
const longestList = 1000;

const exchanges = channel('ldap-scim-gateway:exchange');
const events = channel('ldap-scim-gateway:event');

/** Listens to the channels of the gateway: every exchange is a scope of its own, in which what is published belongs to its request. */
export function openAudit(first: AuditOptions | undefined): Audit {
  let options = first;
  let output = first && openOutput(first);
  const closing = new Set<Promise<void>>();
  const scope = new AsyncLocalStorage<Notes>();
  exchanges.bindStore(scope, () => ({ writes: [], failures: [], refusals: [], ignored: [], dropped: 0, line: undefined }));

  const note = (list: List, describe: (redaction: Redaction) => Fields): void => {
    const notes = scope.getStore();
    if (!output || !notes) return;
    if (notes.line) output.file.write(formatLate(notes.line, list, describe(output.redaction)));
    else if (notes[list].length < longestList) notes[list].push(describe(output.redaction));
    else notes.dropped += 1;
  };
  const finish = (request: Fields): void => {
    const notes = scope.getStore();
    if (isAudited(request)) output?.file.write(formatLine(request, notes));
    if (notes) notes.line = request;
  };
  const listeners: readonly (readonly [string, (message: unknown) => void])[] = [
    ['ldap-scim-gateway:write', (message) => note('writes', (redaction) => redactWrite(asFields(message), redaction))],
    ['ldap-scim-gateway:failed', (message) => note('failures', (redaction) => describeFailure(asFields(message), redaction))],
    ['ldap-scim-gateway:event', (message) => noteEvent(asFields(message), note)],
    ['ldap-scim-gateway:request', (message) => finish(asFields(message))],
  ];
  for (const [name, listener] of listeners) subscribe(name, listener);

  const leave = ({ file }: Output): void => {
    const done = file.close().finally(() => closing.delete(done));
    closing.add(done);
  };
  return {
    use(next) {
      if (isDeepStrictEqual(next, options)) return output?.file.reopen();
      if (output) leave(output);
      options = next;
      output = next && openOutput(next);
    },
    async close() {
      for (const [name, listener] of listeners) unsubscribe(name, listener);
      exchanges.unbindStore(scope);
      await Promise.all([...closing, output?.file.close()]);
    },
  };
}

function openOutput(options: AuditOptions): Output {
  const { values = 'redacted', persons = 'fingerprint' } = options;
  const isNeeded = values === 'redacted' || persons === 'fingerprint';
  return { file: new LineFile(options), redaction: { values, persons, fingerprint: isNeeded ? openKey(options.file) : () => '' } };
}

/** A journal without names that can be found is better than none. */
function openKey(file: string): Fingerprint {
  try {
    return openFingerprint(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    events.publish({ level: 'error', event: 'the key of the journal cannot be used: persons cannot be found in it', code });
    return temporaryFingerprint();
  }
}

/** Health, readiness and the operator's endpoints are no SCIM requests. */
const isAudited = ({ route }: Fields): boolean => !(typeof route === 'string' && /^(?:admin:|\/health$|\/ready$)/.test(route));

function noteEvent({ event, ...fields }: Fields, note: (list: List, describe: () => Fields) => void): void {
  switch (event) {
    case 'ignored':
      return note('ignored', () => ({ path: fields['path'], reason: fields['reason'] }));
    case 'refused by a guard':
      return note('refusals', () => ({ by: 'guard', guard: fields['guard'] }));
    case 'held by a limit':
    case 'refused by a limit': {
      const { operation, count, used, limit } = fields;
      return note('refusals', () => ({ by: 'limit', operation, count, used, limit }));
    }
    case 'refused by the directory': {
      const { operation, resultCode, reason } = fields;
      return note('refusals', () => ({ by: 'directory', operation, resultCode, reason }));
    }
    default:
  }
}

/** The client stands beside it in the line. */
function describeFailure({ subject, client: _client, ...failure }: Fields, redaction: Redaction): Fields {
  return { ...failure, id: asFields(subject)['id'], ...personOf(subject, redaction) };
}

/** What became known only after the line of its request: one more line, with the same request id. */
function formatLate({ requestId, client }: Fields, list: string, fields: Fields): string {
  return JSON.stringify({ time: new Date().toISOString(), requestId, client, [list]: [fields] });
}

function formatLine({ milliseconds, ...request }: Fields, notes: Notes | undefined): string {
  const { requestId, client, method, route, status, scimType, complete } = request;
  const { writes = [], failures = [], refusals = [], ignored = [], dropped = 0 } = notes ?? {};
  return JSON.stringify({
    time: new Date().toISOString(),
    requestId,
    client,
    method,
    route,
    status,
    scimType,
    ms: milliseconds,
    ...(complete === false && { complete }),
    ...(writes.length > 0 && { writes }),
    ...(failures.length > 0 && { failures }),
    ...(refusals.length > 0 && { refusals }),
    ...(ignored.length > 0 && { ignored }),
    ...(dropped > 0 && { dropped }),
  });
}
