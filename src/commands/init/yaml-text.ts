// Commented YAML from values: each value on a line of its own, with the reason above it, in maps that are opened once.
// YAML 1.2; text is quoted as in JSON wherever it could be read as something else.

/** A value at a path. `null` removes what is inherited. */
export interface Line {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly reason: string | undefined;
}

export function line(path: readonly string[], value: unknown, reason?: string): Line {
  return { path, value, reason };
}

/** Lines of one map must follow each other. */
export function renderLines(lines: readonly Line[]): string {
  const text: string[] = [];
  let open: readonly string[] = [];
  for (const { path, value, reason } of lines) {
    const parents = path.slice(0, -1);
    const differs = parents.findIndex((key, depth) => key !== open[depth]);
    const opened = differs < 0 ? [] : parents.slice(differs).map((key, i) => `${indent(differs + i)}${key}:`);
    const at = indent(parents.length);
    text.push(...opened, ...(reason === undefined ? [] : [`${at}# ${reason}`]), ...renderEntry(at, path.at(-1) ?? '', value));
    open = parents;
  }
  return `${text.join('\n')}\n`;
}

const indent = (depth: number): string => '  '.repeat(depth);
const widestLine = 120;

/** In one line, or a long list with an item in each. */
function renderEntry(at: string, key: string, value: unknown): readonly string[] {
  const flow = `${at}${key}: ${renderValue(value)}`;
  if (!Array.isArray(value) || flow.length <= widestLine) return [flow];
  return [`${at}${key}:`, ...value.map((item) => `${at}  - ${renderValue(item)}`)];
}

/** In flow style. */
export function renderValue(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return isPlain(value) ? value : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(renderValue).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  const pairs = Object.entries(value).map(([key, part]) => `${isPlain(key) ? key : JSON.stringify(key)}: ${renderValue(part)}`);
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
}

function isPlain(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_.-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text);
}
