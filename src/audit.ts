// The audit log: one line of JSON for each SCIM request, with what it wrote, what was refused and what was ignored.
// RFC 7644 section 7.5.2 and R-197: names of clients, resource ids and LDAP attribute names, never a value, a DN or a credential.
import { AsyncLocalStorage } from 'node:async_hooks';
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { isDeepStrictEqual } from 'node:util';
import { LineFile, type LineFileOptions } from './line-file.ts';

export interface Audit {
  /** Goes on with another file, or with the same opened anew; undefined: nothing is written any more. */
  use(options: LineFileOptions | undefined): void;
  /** Resolves when everything is in the file. */
  close(): Promise<void>;
}

/** What one request brought about, as it is noted while the request is answered. */
interface Notes {
  readonly writes: unknown[];
  readonly refusals: unknown[];
  readonly ignored: unknown[];
  dropped: number;
  /** The line has been written: the client went away while the gateway was at work. */
  line: Fields | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** A request that names thousands of unknown attributes does not make a line of megabytes. */
const longestList = 1000;

const exchanges = channel('ldap-scim-gateway:exchange');

/** Listens to the channels of the gateway: every exchange is a scope of its own, in which what is published belongs to its request. */
export function openAudit(first: LineFileOptions | undefined): Audit {
  let options = first;
  let file = first && new LineFile(first);
  const closing = new Set<Promise<void>>();
  const scope = new AsyncLocalStorage<Notes>();
  exchanges.bindStore(scope, () => ({ writes: [], refusals: [], ignored: [], dropped: 0, line: undefined }));

  const note = (list: 'writes' | 'refusals' | 'ignored', fields: Fields): void => {
    const notes = scope.getStore();
    if (notes?.line) return file?.write(formatLate(notes.line, list, fields));
    if (notes && notes[list].length < longestList) notes[list].push(fields);
    else if (notes) notes.dropped += 1;
  };
  const finish = (request: Fields): void => {
    const notes = scope.getStore();
    if (isAudited(request)) file?.write(formatLine(request, notes));
    if (notes) notes.line = request;
  };
  const listeners: readonly (readonly [string, (message: unknown) => void])[] = [
    ['ldap-scim-gateway:write', (message) => note('writes', asFields(message))],
    ['ldap-scim-gateway:event', (message) => noteEvent(asFields(message), note)],
    ['ldap-scim-gateway:request', (message) => finish(asFields(message))],
  ];
  for (const [name, listener] of listeners) subscribe(name, listener);

  const leave = (left: LineFile): void => {
    const done = left.close().finally(() => closing.delete(done));
    closing.add(done);
  };
  return {
    use(next) {
      if (isDeepStrictEqual(next, options)) return file?.reopen();
      if (file) leave(file);
      options = next;
      file = next && new LineFile(next);
    },
    async close() {
      for (const [name, listener] of listeners) unsubscribe(name, listener);
      exchanges.unbindStore(scope);
      await Promise.all([...closing, file?.close()]);
    },
  };
}

const asFields = (message: unknown): Fields => (typeof message === 'object' && message !== null ? (message as Fields) : {});

/** Health, readiness and the operator's endpoints are no SCIM requests. */
const isAudited = ({ route }: Fields): boolean => !(typeof route === 'string' && /^(?:admin:|\/health$|\/ready$)/.test(route));

function noteEvent({ event, ...fields }: Fields, note: (list: 'refusals' | 'ignored', fields: Fields) => void): void {
  switch (event) {
    case 'ignored':
      return note('ignored', { path: fields['path'], reason: fields['reason'] });
    case 'refused by a guard':
      return note('refusals', { by: 'guard', guard: fields['guard'] });
    case 'refused by a limit': {
      const { operation, count, used, limit } = fields;
      return note('refusals', { by: 'limit', operation, count, used, limit });
    }
    case 'refused by the directory': {
      const { operation, resultCode, reason } = fields;
      return note('refusals', { by: 'directory', operation, resultCode, reason });
    }
    default:
  }
}

/** What became known only after the line of its request: one more line, with the same request id. */
function formatLate({ requestId, client }: Fields, list: string, fields: Fields): string {
  return JSON.stringify({ time: new Date().toISOString(), requestId, client, [list]: [fields] });
}

function formatLine({ milliseconds, ...request }: Fields, notes: Notes | undefined): string {
  const { requestId, client, method, route, status, scimType, complete } = request;
  const { writes = [], refusals = [], ignored = [], dropped = 0 } = notes ?? {};
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
    ...(refusals.length > 0 && { refusals }),
    ...(ignored.length > 0 && { ignored }),
    ...(dropped > 0 && { dropped }),
  });
}
