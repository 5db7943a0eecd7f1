// Why data does not fit a zod definition, said to an administrator: what is wrong, what is allowed, what to write.
// Definitions phrase their own messages as predicates ("must be …", "needs …"); the subject is put in front here.
import * as z from 'zod';
import type { Problem } from './definition.ts';
import { nearest } from './nearest.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];
/** What the error map knows about the schema and leaves on the issue, because finished issues do not name their schema. */
interface Notes {
  readonly allowed?: readonly string[];
  readonly about?: string | undefined;
  /** What stands there instead could be a secret: not to be repeated. */
  readonly secret?: boolean;
}

/**
 * The value, or every problem. With unknown keys as the only problems there are both: the value as if those keys were not there,
 * so that later checks can add what they find.
 */
export function parseDefinition<Schema extends z.ZodType>(
  schema: Schema,
  data: unknown,
): { readonly value: z.output<Schema> | undefined; readonly problems: readonly Problem[] } {
  const parsed = schema.safeParse(data, { error: noteSchema });
  if (parsed.success) return { value: parsed.data, problems: [] };
  const { issues } = parsed.error;
  const problems = zodProblems(parsed.error, data);
  if (!issues.every((issue) => issue.code === 'unrecognized_keys')) return { value: undefined, problems };
  const known = issues.reduce((rest, issue) => dropKeys(rest, issue.path, issue.code === 'unrecognized_keys' ? issue.keys : []), data);
  return { value: schema.safeParse(known).data, problems };
}

/** The problems of an error that `parseDefinition`'s error map has seen, or of any other, then without the names that are allowed. */
function zodProblems(error: z.ZodError, data: unknown): readonly Problem[] {
  const unknownAt = new Set(error.issues.filter((issue) => issue.code === 'unrecognized_keys').map((issue) => issue.path.join('\0')));
  const mayFollow = (issue: Issue): boolean => issue.code === 'custom' && unknownAt.has(issue.path.join('\0'));
  return error.issues.filter((issue) => !mayFollow(issue)).flatMap((issue) => describeIssue(issue, issue.path, data));
}

/** The path without the key that a short form (`title: title`) was widened to. */
function findGiven(path: Path, data: unknown): Path {
  const parent = path.slice(0, -1);
  const given = valueAt(data, parent);
  return typeof given === 'string' && path.length > 0 ? findGiven(parent, data) : path;
}

/** The empty message stands for "no message of the definition's own". */
function noteSchema(issue: z.core.$ZodRawIssue): string {
  const { inst } = issue;
  const meta = inst instanceof z.ZodType ? inst.meta() : undefined;
  const notes: Notes = { allowed: listAllowed(inst), about: meta?.description, secret: meta?.['writeOnly'] === true };
  Object.assign(issue, notes);
  return '';
}

function listAllowed(schema: unknown): readonly string[] {
  if (schema instanceof z.ZodRecord) return [...(schema.keyType._zod.values ?? [])].map(String);
  if (!(schema instanceof z.ZodObject)) return [];
  const shape: Readonly<Record<string, unknown>> = schema.shape;
  return Object.keys(shape);
}

function dropKeys(data: unknown, path: Path, keys: readonly string[]): unknown {
  if (typeof data !== 'object' || data === null) return data;
  const [first, ...rest] = path;
  if (Array.isArray(data)) return data.map((item: unknown, index) => (index === first ? dropKeys(item, rest, keys) : item));
  const entries = Object.entries(data);
  if (first === undefined) return Object.fromEntries(entries.filter(([key]) => !keys.includes(key)));
  return Object.fromEntries(entries.map(([key, value]: [string, unknown]) => [key, key === first ? dropKeys(value, rest, keys) : value]));
}

function describeIssue(issue: Issue, widened: Path, data: unknown): readonly Problem[] {
  const path = findGiven(widened, data);
  const { allowed = [], about, secret } = issue as Notes;
  const found = valueAt(data, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      if (typeof found === 'string') return [describeChoice(allowed, '', path, found)];
      return issue.keys.map((key) => describeUnknownKey(path, key, allowed, secret));
    case 'invalid_union':
      return describeUnion(issue.errors, path, data);
    case 'invalid_key':
      return [
        { path: toPath(path), atKey: true, message: `the key ${quote(path.at(-1))} ${issue.issues[0]?.message || 'is not allowed here'}` },
      ];
    case 'invalid_type':
      if (found === undefined && path.length > 0 && !issue.message) return [describeMissing(path, about)];
      return [
        {
          path: toPath(path),
          message: issue.message
            ? `${subject(path)} ${issue.message}`
            : `${subject(path)} must be ${nameType(issue.expected)}, but ${describeFound(found)}${hintQuotes(issue.expected, found)}`,
        },
      ];
    case 'invalid_value':
      if (found === undefined && !issue.message) return [describeMissing(path, `one of ${listWords(issue.values)}`)];
      return [describeChoice(issue.values.map(String), issue.message, path, found)];
    case 'too_small':
    case 'too_big':
      return [{ path: toPath(path), message: `${subject(path)} ${issue.message || describeSize(issue)}` }];
    default:
      return [{ path: toPath(path), message: `${subject(path)} ${issue.message || 'is not valid'}${echo(issue, found)}` }];
  }
}

function describeUnknownKey(path: Path, key: string, allowed: readonly string[], secret = false): Problem {
  const suggestion = nearest(key, allowed);
  const name = secret && suggestion === undefined ? '' : ` \`${key}\``;
  const where = path.length === 0 ? 'at the top of the file' : `in ${subject(path)}`;
  const hint = key.includes('=') ? '. A DN inside { } must be in quotes' : '';
  return suggest(
    { path: [...toPath(path), key], atKey: true, message: `unknown key${name} ${where}; allowed: ${allowed.join(', ')}${hint}` },
    suggestion,
  );
}

function describeMissing(path: Path, about: string | undefined): Problem {
  const parent = path.slice(0, -1);
  const where = parent.length === 0 ? 'the file' : subject(parent);
  return { path: toPath(path), message: `${where} needs the key \`${String(path.at(-1))}\`${about === undefined ? '' : `: ${about}`}` };
}

function describeChoice(words: readonly string[], message: string, path: Path, found: unknown): Problem {
  const predicate = message || `must be ${words.length === 1 ? words[0] : `one of ${words.join(', ')}`}, but ${describeFound(found)}`;
  const problem = { path: toPath(path), message: `${subject(path)} ${predicate}` };
  return suggest(problem, typeof found === 'string' && !message ? nearest(found, words) : undefined);
}

function describeSize(issue: Issue & { readonly code: 'too_small' | 'too_big' }): string {
  const small = issue.code === 'too_small';
  const limit = String(small ? issue.minimum : issue.maximum);
  if (small && issue.origin === 'string') return 'must not be empty';
  if (small && issue.origin === 'array') return `needs at least ${limit} ${limit === '1' ? 'entry' : 'entries'}`;
  const counted = issue.origin === 'string' ? ' characters' : issue.origin === 'array' ? ' entries' : '';
  if (counted !== '') return `may have at most ${limit}${counted}`;
  const word = small ? (issue.inclusive ? 'at least' : 'greater than') : issue.inclusive ? 'at most' : 'less than';
  return `must be ${word} ${limit}`;
}

/** The branch that the value fits best speaks; where it fits none, all say what they would take. */
function describeUnion(branches: readonly (readonly Issue[])[], path: Path, data: unknown): readonly Problem[] {
  const found = valueAt(data, path);
  const fitting = branches.filter((issues) => !issues.some((issue) => issue.path.length === 0 && isWrongKind(issue, found)));
  const [best] = fitting.toSorted((a, b) => a.length - b.length);
  if (best !== undefined) return best.flatMap((issue) => describeIssue(issue, [...path, ...issue.path], data));
  if (found === undefined) return [describeMissing(path, undefined)];
  const kinds = branches.flatMap((issues) => issues.filter((issue) => issue.path.length === 0).map(nameExpected));
  return [{ path: toPath(path), message: `${subject(path)} must be ${[...new Set(kinds)].join(', or ')}, but ${describeFound(found)}` }];
}

function isWrongKind(issue: Issue, found: unknown): boolean {
  if (issue.code === 'invalid_value') return !issue.values.some((value) => typeof value === typeof found);
  return issue.code === 'invalid_type' || issue.code === 'invalid_union';
}

function nameExpected(issue: Issue): string {
  if (issue.code === 'invalid_type') return nameType(issue.expected);
  if (issue.code === 'invalid_value') return listWords(issue.values);
  return 'something else';
}

function listWords(values: readonly unknown[]): string {
  return values.map(String).join(', ');
}

const typeNames: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'a map'],
  ['record', 'a map'],
]);

function nameType(expected: string): string {
  return typeNames.get(expected) ?? expected;
}

function describeFound(found: unknown): string {
  if (found === undefined || found === null) return 'there is nothing';
  if (Array.isArray(found)) return 'this is a list';
  if (typeof found === 'object') return 'this is a map';
  return `this is ${typeof found === 'string' ? quote(found) : `the ${typeof found === 'number' ? 'number ' : 'word '}${String(found)}`}`;
}

function hintQuotes(expected: string, found: unknown): string {
  if (expected !== 'string') return '';
  if (typeof found === 'number' || typeof found === 'boolean') return `; write it in quotes: "${String(found)}"`;
  if (typeof found === 'object' && found !== null && !Array.isArray(found)) return '; text that begins with { must be in quotes';
  return '';
}

/** Repeats a refused scalar, unless the definition marks it as secret (`params: { secret: true }`; maps by `writeOnly` in their meta data). */
function echo(issue: Issue, found: unknown): string {
  if (issue.code === 'custom' && issue.params?.['secret'] === true) return '';
  return typeof found === 'string' || typeof found === 'number' ? `, but ${describeFound(found)}` : '';
}

/** How a message calls the value at a path. */
export function subject(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return 'the file';
  return typeof last === 'number' ? `entry ${last + 1} of ${subject(path.slice(0, -1))}` : `\`${String(last)}\``;
}

/** Shortened, so that one long value does not hide the message. */
function quote(value: unknown): string {
  const text = String(value);
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

function suggest(problem: Problem, suggestion: string | undefined): Problem {
  return suggestion === undefined ? problem : { ...problem, suggestion };
}

function toPath(path: Path): (string | number)[] {
  return path.map((key) => (typeof key === 'symbol' ? String(key) : key));
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Readonly<Record<PropertyKey, unknown>>)[key]
        : undefined,
    data,
  );
}
