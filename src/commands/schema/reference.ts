// The generated parts of the reference pages: every key with its type, its default and its meaning; codecs; pipes of templates; presets.
// They stand in the pages between `<!-- generated: NAME -->` and `<!-- end -->`.
import { configJsonSchema, effectiveMappingJsonSchema, type JsonSchema, listPresets } from '../../config.ts';
import { compileCodec } from '../../mapping/codec.ts';
import { codecDefinition } from '../../mapping/definition.ts';
import { compileTemplate, pipeNames } from '../../mapping/template.ts';
import { dialectBlocks } from './dialects.ts';
import { childrenOf, describeKeys, type Key, objectIn } from './keys.ts';

/** @throws Error for a page that asks for a block that there is not */
export function fillBlocks(page: string, blocks: ReadonlyMap<string, string>): string {
  return page.replaceAll(/(<!-- generated: (.+?) -->\n)[^]*?(<!-- end -->)/g, (_, begin: string, name: string, end: string) => {
    const block = blocks.get(name);
    if (block === undefined) throw new Error(`there is no block ${name}: there are ${[...blocks.keys()].join(', ')}`);
    return `${begin}\n${block}\n${end}`;
  });
}

export function referenceBlocks(): ReadonlyMap<string, string> {
  const config = configJsonSchema();
  const mapping = effectiveMappingJsonSchema();
  const resource = childAt(mapping, 'resources', '*');
  const attribute = childAt(resource, 'attributes', '*');
  const stop = ['attributes', 'codec', 'reference', 'elements', 'memberships', 'validate', 'subAttributes'];
  const extension = childAt(mapping, 'schemas', '*');
  const named = new Set(childrenOf(attribute).map(([name]) => name));
  return new Map([
    ...dialectBlocks(),
    ['server', keyTable(childAt(config, 'server'))],
    ['directory', keyTable(childAt(config, 'directories', '*'), ['cache'])],
    ['client', keyTable(childAt(config, 'clients', '*'))],
    ['guards', keyTable(childAt(config, 'guards'))],
    ['log', keyTable(childAt(config, 'log'))],
    ['audit', keyTable(childAt(config, 'audit'))],
    ['admin', keyTable(childAt(config, 'admin'))],
    ['cache', keyTable(childAt(config, 'cache'))],
    ['mapping file', keyTable(mapping, ['resources', 'schemas'])],
    ['resource type', keyTable(resource, stop)],
    ['attribute', keyTable(attribute, stop)],
    ['validate', keyTable(childAt(attribute, 'validate'))],
    ['reference', keyTable(childAt(attribute, 'reference'))],
    ['element', keyTable(childAt(attribute, 'elements', '*'), ['slot', 'list'])],
    ['memberships', keyTable(childAt(attribute, 'memberships'))],
    ['schema', keyTable(extension, stop)],
    ['schema attribute', keyTable(childAt(extension, 'attributes', '*'), stop, named)],
    ['codecs', codecTable(childAt(attribute, 'codec'))],
    ['pipes', pipeTable()],
    [
      'presets',
      listPresets()
        .map((name) => `- \`${name}\``)
        .join('\n')
        .concat('\n'),
    ],
  ]);
}

/** `*`: the items of a list, or the values of a map with free keys. */
function childAt(schema: JsonSchema, ...path: readonly string[]): JsonSchema {
  return path.reduce((node, key) => {
    const child = childrenOf(node).find(([name]) => name === key)?.[1];
    if (child === undefined) throw new Error(`the definition has no ${path.join('.')}`);
    return child;
  }, schema);
}

function keyTable(schema: JsonSchema, stop: readonly string[] = [], without: ReadonlySet<string> = new Set()): string {
  const keys = describeKeys(schema, stop).filter(({ name }) => !without.has(name.replace(/[.[].*$/, '')));
  return table(['key', 'value', 'default', 'meaning'], keys.map(keyRow));
}

function keyRow({ name, type, standard, required, meaning }: Key): readonly string[] {
  return [`\`${name}\``, type, required ? 'required' : standard === undefined ? '' : `\`${standard}\``, meaning];
}

/** Codecs with the SCIM types that they serve; those that are no conversion of single values give booleans or lists. */
function codecTable(codec: JsonSchema): string {
  const rows = Object.entries(objectIn(codec)).map(([name, part]) => {
    const keys = describeKeys(part);
    const example = codecExamples.get(name) ?? name;
    const parameters = keys.map((key) => `\`${key.name}\`${key.required ? '' : ` (\`${key.standard}\`)`}: ${key.meaning}`).join('; ');
    return [
      `\`${name}\``,
      `\`codec: ${example}\``,
      codecTypes(name),
      [String(part['description'] ?? ''), parameters].filter((text) => text !== '').join('. '),
    ];
  });
  return table(['codec', 'written', 'SCIM types', 'meaning'], rows);
}

/** Those that need more than their name. */
const codecExamples: ReadonlyMap<string, string> = new Map([
  ['boolean', '{ boolean: { true: "yes", false: "no" } }'],
  ['bit', '{ bit: { mask: 2, invert: true } }'],
  ['presence', '{ presence: { whenSet: "x" } }'],
  ['enum', '{ enum: { Employee: E, Contractor: C } }'],
  ['prefix', '{ prefix: "smtp:" }'],
  ['split', '{ split: ";" }'],
]);

function codecTypes(name: string): string {
  if (name === 'bit' || name === 'presence') return 'boolean';
  if (name === 'split') return 'several values';
  const example = codecExamples.get(name);
  const parameter = example === undefined ? {} : (exampleParameters.get(name) ?? {});
  return (compileCodec(codecDefinition.parse({ [name]: parameter }))?.types ?? []).join(', ');
}

const exampleParameters: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['boolean', {}],
  ['enum', { Employee: 'E' }],
  ['prefix', 'smtp:'],
]);

/** What pipes do, shown by what they make of an example. */
const pipeExamples: ReadonlyMap<string, readonly [template: string, input: string, meaning: string]> = new Map([
  ['lower', ['{name | lower}', 'Ann.Example', 'lower case']],
  [
    'ascii',
    ['{name | ascii}', 'Zoë Weiß', 'accents dropped, letters such as ß and ø spelt out, everything else that is not ASCII left out'],
  ],
  ['trim', ['{name | trim}', ' Ann ', 'no blanks at either end']],
  ['samChars', ['{name | samChars}', 'Ann@example.', 'without the characters that sAMAccountName refuses, and without dots at the end']],
  ['first', ['{name | first 1}', 'Ann', 'the first so many characters']],
  ['max', ['{name | max 5}', 'Ann Example', 'at most so many characters']],
  ['before', ["{name | before '@'}", 'ann@example.com', 'what stands before the first such text; everything where it does not occur']],
]);

function pipeTable(): string {
  const rows = pipeNames.map((name) => {
    const [template, input, meaning] = pipeExamples.get(name) ?? [];
    if (template === undefined || input === undefined) throw new Error(`the pipe ${name} needs an example`);
    const output = compileTemplate(template).render(() => input);
    return [`\`${template}\``, `\`${JSON.stringify(input)}\` becomes \`${JSON.stringify(output)}\``, meaning ?? ''];
  });
  return table(['pipe', 'example', 'meaning'], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return `${[row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')}\n`;
}
