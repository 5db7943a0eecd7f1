// The merged mapping as one YAML text, each line with the place that it comes from: `check --effective`.
// YAML 1.2.2; what is printed reads back as the same data.
import type { YamlDocument, YamlNode } from '../yaml.ts';

interface Line {
  readonly text: string;
  readonly origin: string;
}

export function printEffective({ root }: YamlDocument): string {
  const lines = linesOf(root, 0, '');
  const width = Math.min(80, Math.max(0, ...lines.map(({ text }) => text.length)));
  return `${lines.map(({ text, origin }) => `${text.padEnd(width)}  # ${origin}`).join('\n')}\n`;
}

function linesOf(node: YamlNode, depth: number, lead: string): readonly Line[] {
  const indent = '  '.repeat(depth);
  const origin = `${node.place.file}:${node.place.line}`;
  const { content } = node;
  if (isMap(content) && content.size > 0) {
    return [...content].flatMap(([key, { node: value, keyPlace }], i): readonly Line[] => {
      const start = `${i === 0 && lead !== '' ? lead : indent}${quote(key)}:`;
      const inline = inlineText(value);
      if (inline !== undefined) return [{ text: `${start} ${inline}`, origin: `${value.place.file}:${value.place.line}` }];
      return [{ text: start, origin: `${keyPlace.file}:${keyPlace.line}` }, ...linesOf(value, depth + 1, '')];
    });
  }
  if (Array.isArray(content) && content.length > 0) return (content as readonly YamlNode[]).flatMap((item) => itemLines(item, depth));
  return [{ text: `${lead === '' ? indent : lead}${inlineText(node) ?? ''}`, origin }];
}

function itemLines(item: YamlNode, depth: number): readonly Line[] {
  const lead = `${'  '.repeat(depth)}- `;
  return Array.isArray(item.content) && item.content.length > 0
    ? [{ text: lead.trimEnd(), origin: `${item.place.file}:${item.place.line}` }, ...linesOf(item, depth + 1, '')]
    : linesOf(item, depth + 1, lead);
}

const isMap = (
  content: YamlNode['content'],
): content is Exclude<YamlNode['content'], string | number | boolean | null | readonly YamlNode[]> => content instanceof Map;

/** Scalars and empty collections stand behind their key. */
function inlineText({ content }: YamlNode): string | undefined {
  if (isMap(content)) return content.size === 0 ? '{}' : undefined;
  if (Array.isArray(content)) return content.length === 0 ? '[]' : undefined;
  return typeof content === 'string' ? quote(content) : String(content);
}

/** Plain where nothing could be read into it; JSON strings are YAML strings. */
function quote(text: string): string {
  const isPlain = /^[A-Za-z/_][\w./:@-]*$/.test(text) && !text.endsWith(':') && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}
