// Which test files carry which requirement ids in the names of their tests.
// Names are read from the sources: every text that is no comment, so that rows of tables count as well as titles.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Requirements, rules for LDAP, decisions. */
const id = /\b(?:[RCTL]-\d{3}|D-\d{2})\b/g;
/** A string or template on one line that holds an id. Names of tests never span lines. */
const namesWithIds = /(['"`])(?:\\.|(?!\1).)*?\b(?:[RCTL]-\d{3}|D-\d{2})\b(?:\\.|(?!\1).)*\1/g;
const range = /\b([RCTLD])-(\d{2,3}) to \1-(\d{2,3})\b/g;

/** Ids with the files that carry them, both in order. @param root the folder of the tests */
export function findEvidence(root: string): ReadonlyMap<string, readonly string[]> {
  const evidence = new Map<string, readonly string[]>();
  for (const file of listSources(root)) {
    for (const found of idsIn(readFileSync(join(root, file), 'utf8'))) evidence.set(found, [...(evidence.get(found) ?? []), file]);
  }
  return evidence;
}

/** The ids in the names of the tests of a source. `R-147 to R-149` is all three. */
export function idsIn(source: string): ReadonlySet<string> {
  const names = source
    .split('\n')
    .filter((line) => !/^\s*(\/\/|\/?\*)/.test(line))
    .flatMap((line) => line.match(namesWithIds) ?? []);
  return new Set(names.flatMap((name) => [...(name.match(id) ?? []), ...[...name.matchAll(range)].flatMap(listRange)]));
}

function listRange([, letter = '', from = '', to = '']: RegExpExecArray): readonly string[] {
  const first = Number(from);
  return Array.from({ length: Math.max(0, Number(to) - first + 1) }, (_, i) => `${letter}-${String(first + i).padStart(from.length, '0')}`);
}

/** Ids with the files that speak of them, in whatever place. @param files relative to the working directory */
export function findMentions(files: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const mentions = new Map<string, readonly string[]>();
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    const ids = new Set([...(text.match(id) ?? []), ...[...text.matchAll(range)].flatMap(listRange)]);
    for (const found of ids) mentions.set(found, [...(mentions.get(found) ?? []), file]);
  }
  return mentions;
}

/** Not the sources of the table itself, whose ids are no names of tests. */
const own = new Set(['evidence.ts', 'requirements.ts', 'rules.ts', 'table.ts', 'table.test.ts'].map((file) => `conformance/${file}`));

function listSources(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !own.has(file))
    .toSorted();
}
