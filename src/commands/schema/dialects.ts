// The generated parts of docs/dialects.md: which dialect leaves the RFCs where, and what each way of doing so means.
// RFC 7643 and 7644, which the dialect `strict` follows to the letter.
import { type Deviation, deviations, type Dialect, dialects, strict } from '../../scim/dialects.ts';

type Field = keyof typeof deviations;

const fields: readonly (readonly [Field, Deviation])[] = Object.entries(deviations).map(([field, deviation]) => [
  field as Field,
  deviation,
]);

export function dialectBlocks(): readonly (readonly [name: string, text: string])[] {
  return [
    ['dialects', dialectTable()],
    ['deviations', fields.map(describeDeviation).join('\n\n')],
  ];
}

/** One row for each deviation, one column for each dialect; empty: as the RFCs have it. */
function dialectTable(): string {
  const named = [...dialects.values()].filter((dialect) => dialect !== strict);
  const rows = fields.map(([field]) => [
    `[\`${field}\`](#${field.toLowerCase()})`,
    ...named.map((dialect) => (deviates(dialect, field) ? valueOf(dialect, field) : '')),
  ]);
  const head = ['deviation', ...named.map(({ name }) => `\`${name}\``)];
  return `${[head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')}`;
}

function describeDeviation([field, { meaning, strict: otherwise, clients, sources }]: readonly [Field, Deviation]): string {
  const having = [...dialects.values()].filter((dialect) => deviates(dialect, field)).map(({ name }) => `\`${name}\``);
  return `
### \`${field}\`

${meaning}

- Without it: ${otherwise}
- Needed by: ${clients}.
- Sources: ${sources}.
- Dialects: ${having.join(', ')}.
`.trim();
}

function deviates(dialect: Dialect, field: Field): boolean {
  return dialect[field] !== strict[field];
}

function valueOf(dialect: Dialect, field: Field): string {
  const value = dialect[field];
  return value === true ? 'yes' : `\`${String(value)}\``;
}
