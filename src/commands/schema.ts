// `schema`: the formats of the files as JSON Schema, for editors; `--write` renews everything in docs that is generated from the definitions.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { configJsonSchema, type JsonSchema, mappingJsonSchema } from '../config.ts';
import { fillBlocks, referenceBlocks } from './schema/reference.ts';
import { UsageError } from './usage-error.ts';

const schemas: ReadonlyMap<string, () => JsonSchema> = new Map([
  ['config', configJsonSchema],
  ['mapping', mappingJsonSchema],
]);

export const schema = {
  help: `schema config|mapping: the format of config.yaml or of mapping files as JSON Schema

  --write DIR   instead, renew the schemas and the generated parts of the reference pages in this folder (for developers: docs)

Editors complete and check a file that begins with
  # yaml-language-server: $schema=PATH-OF-THE-SCHEMA`,
  options: { write: { type: 'string' } },
  positionals: true,

  async run(values: Readonly<Record<string, unknown>>, positionals: readonly string[]): Promise<number> {
    const folder = values['write'];
    if (typeof folder === 'string') {
      for (const [file, text] of generateFiles(folder)) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), text);
      }
      return 0;
    }
    const [name = '', ...rest] = positionals;
    const make = schemas.get(name);
    if (!make || rest.length > 0) throw new UsageError(schema.help);
    console.log(JSON.stringify(make(), undefined, 2));
    return 0;
  },
} as const;

/** The pages whose generated blocks are renewed; the text around them is written by hand. */
const pages = ['configuration-reference.md', 'mapping-reference.md', 'dialects.md'];

/** File names below the folder with what they should hold. */
export function generateFiles(folder: string): ReadonlyMap<string, string> {
  const blocks = referenceBlocks();
  return new Map([
    ...[...schemas].map(([name, make]) => [`schema/${name}.schema.json`, `${JSON.stringify(make(), undefined, 2)}\n`] as const),
    ...pages.map((page) => [page, fillBlocks(readFileSync(join(folder, page), 'utf8'), blocks)] as const),
  ]);
}
