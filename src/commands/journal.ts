// `journal`: what clients asked for, what was done about it, and why something failed, out of the files of the journal.
import { readFingerprint } from '../audit/fingerprint.ts';
import { loadAuditSection } from '../config.ts';
import { readJournal } from './journal/files.ts';
import { parseLine, type JournalLine } from './journal/line.ts';
import { matches, readSearch } from './journal/search.ts';
import { formatFailures, formatLine } from './journal/text.ts';
import { untilSignal } from './signal.ts';
import { UsageError } from './usage-error.ts';

export const journal = {
  help: `journal: look into the journal (the section \`audit\` of the configuration)

  --config FILE         configuration that names the journal (default: config.yaml)
  --set key.path=value  override one key; may be repeated
  --file FILE           the journal itself, instead: a copy, for example; its rotated files are read too

  --client NAME         only of this client
  --person NAME         only of whom: a userName, id, externalId or displayName
  --since TIME          2030-01-31, 2030-01-31T12:00Z, or how long ago: 2h
  --until TIME          the same
  --status N            409, or 4xx
  --operation NAME      create, update, delete or read
  --request ID          the X-Request-Id of the answer and of the log
  --failed              only what failed: one line each, with the reason and what to do
  --last N              only the last N of those
  --follow              go on with what is written from now on, until Ctrl-C
  --json, --text        lines of JSON as in the file, or for people (default: for people on a terminal only)

Secrets are never needed, and no directory is asked. Exit code 1 if nothing was found, 2 if there is no journal.
\`journal bundle FILE\` packs what support needs.`,
  options: {
    config: { type: 'string' },
    set: { type: 'string', multiple: true },
    file: { type: 'string' },
    client: { type: 'string' },
    person: { type: 'string' },
    since: { type: 'string' },
    until: { type: 'string' },
    status: { type: 'string' },
    operation: { type: 'string' },
    request: { type: 'string' },
    failed: { type: 'boolean' },
    last: { type: 'string' },
    follow: { type: 'boolean' },
    json: { type: 'boolean' },
    text: { type: 'boolean' },
  },

  run: (values: Readonly<Record<string, unknown>>): Promise<number> => runJournal(values),
} as const;

/** @param signal ends what is followed; Ctrl-C where absent */
export async function runJournal(values: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<number> {
  const file = journalFile(values);
  const search = readSearch(values, Date.now());
  const last = values['last'] === undefined ? undefined : Number(values['last']);
  if (last !== undefined && (!Number.isSafeInteger(last) || last < 1)) throw new UsageError('--last takes a whole number, at least 1');
  if (values['json'] === true && values['text'] === true) throw new UsageError('--json and --text exclude each other');
  if (last !== undefined && values['follow'] === true) throw new UsageError('--last and --follow exclude each other');
  const isText = values['text'] === true || (values['json'] !== true && process.stdout.isTTY === true);
  const follow = values['follow'] === true ? (signal ?? endOfSession()) : undefined;
  const format = (line: JournalLine): string => (isText ? (search.failed ? formatFailures(line) : formatLine(line)) : line.raw);

  const fingerprint = search.person === undefined ? undefined : readFingerprint(file);
  const kept: JournalLine[] = [];
  let [found, unreadable] = [0, 0];
  for await (const text of linesOf(file, { ...(search.since !== undefined && { since: search.since }), follow })) {
    const line = parseLine(text);
    if (!line) unreadable += 1;
    if (!line || !matches(line, search, fingerprint)) continue;
    found += 1;
    if (last === undefined) console.log(format(line));
    else if (kept.push(line) > last) kept.shift();
  }
  for (const line of kept) console.log(format(line));
  if (unreadable > 0) console.error(`${unreadable} ${unreadable === 1 ? 'line' : 'lines'} could not be read: skipped.`);
  if (found === 0 && !follow) console.error('Nothing was found.');
  return found > 0 || follow ? 0 : 1;
}

/** Ctrl-C. */
function endOfSession(): AbortSignal {
  const ending = new AbortController();
  void untilSignal().then(() => ending.abort());
  return ending.signal;
}

/** @throws UsageError */
function journalFile(values: Readonly<Record<string, unknown>>): string {
  if (typeof values['file'] === 'string') return values['file'];
  const config = typeof values['config'] === 'string' ? values['config'] : 'config.yaml';
  const audit = loadAuditSection(config, Array.isArray(values['set']) ? values['set'].map(String) : []);
  if (!audit) throw new UsageError(`${config} has no section \`audit\`: there is no journal. Name one with --file FILE.`);
  return audit.file;
}

/** @throws UsageError where it cannot be read */
async function* linesOf(file: string, options: Parameters<typeof readJournal>[1]): AsyncIterable<string> {
  try {
    yield* readJournal(file, options);
  } catch (error) {
    if (error instanceof Error) throw new UsageError(`The journal cannot be read: ${error.message}`, { cause: error });
    throw error;
  }
}
