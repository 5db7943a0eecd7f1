// A line of the journal for others: what was done, without values, DNs or names, however much of them the journal itself has.
// Only known keys pass: what a later version adds stays at home until somebody lists it here.

const lineKeys = ['time', 'requestId', 'client', 'method', 'route', 'status', 'scimType', 'ms', 'complete', 'refusals', 'dropped'];
const writeKeys = ['directory', 'operation', 'resourceType', 'result', 'resultCode', 'ms'];
const failureKeys = [
  'directory',
  'operation',
  'resourceType',
  'cause',
  'what',
  'advice',
  'attribute',
  'ldap',
  'place',
  'result',
  'diagnostic',
  'status',
  'scimType',
];

type Fields = Readonly<Record<string, unknown>>;

/** Undefined for what is no line of a journal. */
export function withoutPersons(text: string): string | undefined {
  const line = parseFields(text);
  if (!line) return undefined;
  return JSON.stringify({
    ...pick(line, lineKeys),
    writes: listOf(line['writes']).map((write) => ({
      ...pick(write, writeKeys),
      steps: listOf(write['steps']).map((step) => pick(step, ['kind', 'attributes'])),
    })),
    failures: listOf(line['failures']).map((failure) => pick(failure, failureKeys)),
    ignored: listOf(line['ignored']).length,
  });
}

function parseFields(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

const pick = (fields: Fields, keys: readonly string[]): Fields =>
  Object.fromEntries(keys.flatMap((key) => (Object.hasOwn(fields, key) && fields[key] !== undefined ? [[key, fields[key]]] : [])));

const listOf = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? value.filter((each): each is Fields => typeof each === 'object' && each !== null) : [];
