// One line of the journal, as it is read back: everything may be missing, for a newer or older version may have written it.
// RFC 8259; the writer is src/audit.ts.

export type Names = Readonly<Record<string, string>>;

export interface JournalChange {
  readonly attribute: string;
  readonly secret: boolean;
  /** `before`, `after`, `added`, `removed`: values or their fingerprints. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
}

export interface JournalStep {
  readonly kind: string;
  readonly attributes: readonly string[];
  readonly changes: readonly JournalChange[];
}

export interface JournalWrite {
  readonly operation: string;
  readonly resourceType: string;
  readonly id: string | undefined;
  readonly person: Names;
  readonly members: readonly string[];
  readonly steps: readonly JournalStep[];
  readonly result: string;
  readonly resultCode: number | undefined;
}

export interface JournalFailure {
  readonly operation: string;
  readonly resourceType: string;
  readonly id: string | undefined;
  readonly person: Names;
  readonly text: string;
}

export interface JournalLine {
  /** As in the file. */
  readonly raw: string;
  readonly time: string;
  readonly requestId: string;
  readonly client: string | undefined;
  readonly method: string | undefined;
  readonly route: string | undefined;
  readonly status: number | undefined;
  readonly ms: number | undefined;
  readonly complete: boolean;
  readonly writes: readonly JournalWrite[];
  readonly failures: readonly JournalFailure[];
  /** As text. */
  readonly ignored: readonly string[];
}

type Fields = ReadonlyMap<string, unknown>;

/** Undefined for what is no line of a journal. */
export function parseLine(raw: string): JournalLine | undefined {
  const fields = fieldsOf(parseJson(raw));
  const time = textOf(fields, 'time');
  if (time === '') return undefined;
  return {
    raw,
    time,
    requestId: textOf(fields, 'requestId'),
    client: optional(fields, 'client'),
    method: optional(fields, 'method'),
    route: optional(fields, 'route'),
    status: numberOf(fields, 'status'),
    ms: numberOf(fields, 'ms'),
    complete: fields.get('complete') !== false,
    writes: listOf(fields, 'writes').map(readWrite),
    failures: listOf(fields, 'failures').map(readFailure),
    ignored: listOf(fields, 'ignored').map((each) => `${textOf(each, 'path')}: ${textOf(each, 'reason')}`),
  };
}

function readWrite(fields: Fields): JournalWrite {
  return {
    ...concerned(fields),
    members: textsOf(fields, 'members'),
    steps: listOf(fields, 'steps').map((step) => ({
      kind: textOf(step, 'kind'),
      attributes: textsOf(step, 'attributes'),
      changes: listOf(step, 'changes').map((change) => ({
        attribute: textOf(change, 'attribute'),
        secret: change.get('secret') === true,
        lists: new Map([...change].flatMap(([name, list]) => (Array.isArray(list) ? [[name, list.map(String)] as const] : []))),
      })),
    })),
    result: textOf(fields, 'result'),
    resultCode: numberOf(fields, 'resultCode'),
  };
}

const readFailure = (fields: Fields): JournalFailure => ({ ...concerned(fields), text: textOf(fields, 'text') });

function concerned(fields: Fields): Pick<JournalWrite, 'operation' | 'resourceType' | 'id' | 'person'> {
  const names = [...fieldsOf(fields.get('person'))].filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return {
    operation: textOf(fields, 'operation'),
    resourceType: textOf(fields, 'resourceType'),
    id: optional(fields, 'id'),
    person: Object.fromEntries(names),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const fieldsOf = (value: unknown): Fields =>
  new Map(typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []);
const optional = (fields: Fields, name: string): string | undefined => {
  const value = fields.get(name);
  return typeof value === 'string' ? value : undefined;
};
const textOf = (fields: Fields, name: string): string => optional(fields, name) ?? '';
const numberOf = (fields: Fields, name: string): number | undefined => {
  const value = fields.get(name);
  return typeof value === 'number' ? value : undefined;
};
const listOf = (fields: Fields, name: string): readonly Fields[] => {
  const value = fields.get(name);
  return Array.isArray(value) ? value.map(fieldsOf) : [];
};
const textsOf = (fields: Fields, name: string): readonly string[] => {
  const value = fields.get(name);
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
};
