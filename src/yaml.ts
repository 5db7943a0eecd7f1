// YAML text to plain data that remembers where each value stands, so that every mistake can be reported as file:line:column.
// YAML 1.2.2 with the core schema (section 10.3). Refused: custom tags, merge keys, several documents, aliases that multiply.
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { ErrorCode, Node, Pair, YAMLMap } from 'yaml';

/** Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One mistake, at a place in a file. */
export interface Mistake extends Place {
  readonly message: string;
}

export type YamlPath = readonly (string | number)[];
type Scalar = string | number | boolean | null;

export interface YamlNode {
  readonly place: Place;
  readonly content: Scalar | readonly YamlNode[] | ReadonlyMap<string, YamlEntry>;
}
interface YamlEntry {
  readonly keyPlace: Place;
  readonly node: YamlNode;
}

/** A scalar or an empty collection, with the file that it comes from. */
export interface Leaf {
  readonly path: YamlPath;
  readonly value: unknown;
  readonly place: Place;
}

/** The content of one file, or of several merged ones. */
export interface YamlDocument {
  readonly root: YamlNode;
  /** Maps have no prototype, so that no key of a file can meet an inherited name. */
  readonly data: unknown;
  /** Where the value at `path` stands, or its key; for a path that does not exist, the nearest thing around it that does. */
  locate(path: YamlPath, atKey?: boolean): Place;
}

/** Aliases are expanded; more values than this are an attack or an accident. */
const maximumValues = 100_000;

/** Without a document there is at least one mistake, with one there is none. */
export function parseYaml(
  text: string,
  file: string,
): { readonly document: YamlDocument | undefined; readonly mistakes: readonly Mistake[] } {
  const lineCounter = new LineCounter();
  const source = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    schema: 'core',
    version: '1.2',
    merge: false,
    resolveKnownTags: false,
    stringKeys: true,
    uniqueKeys: false,
  });
  const placeAt = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };

  const mistakes: Mistake[] = [...source.errors, ...source.warnings].map((error) => ({
    ...placeAt(error.pos[0]),
    message: explainSyntax(error.code, error.message),
  }));
  if (source.directives?.yaml.explicit === true && source.directives.yaml.version !== '1.2') {
    mistakes.push({
      ...placeAt(0),
      message: `this is YAML ${source.directives.yaml.version}: remove the %YAML line, files are read as YAML 1.2`,
    });
  }
  if (mistakes.length > 0) return { document: undefined, mistakes };
  if (source.contents === null) return { document: undefined, mistakes: [{ ...placeAt(0), message: 'the file is empty' }] };

  const reader = new NodeReader(placeAt);
  const root = reader.read(source.contents, placeAt(0));
  return reader.mistakes.length > 0 ? { document: undefined, mistakes: reader.mistakes } : { document: makeDocument(root), mistakes: [] };
}

const syntaxMessages: ReadonlyMap<ErrorCode, string> = new Map([
  ['TAB_AS_INDENT', 'tabs cannot indent: write blanks'],
  ['MULTIPLE_DOCS', 'a second document (after ---) is not allowed: one file, one document'],
  ['NON_STRING_KEY', 'a key must be text, not a list, a map or an alias'],
  ['BLOCK_AS_IMPLICIT_KEY', 'two keys on one line, or wrong indentation: a value that contains ": " must be in quotes'],
  ['UNEXPECTED_TOKEN', 'unexpected text: check quotes, brackets and indentation'],
  ['BAD_INDENT', 'wrong indentation, or a bracket that is not closed'],
  ['MISSING_CHAR', 'a quote, bracket, colon or comma is missing'],
]);

function explainSyntax(code: ErrorCode, message: string): string {
  if (code === 'TAG_RESOLVE_FAILED') return `${message.replace('Unresolved tag: ', 'unknown tag ')}: write the value without a tag`;
  const explained = syntaxMessages.get(code);
  return explained === undefined ? `not valid YAML: ${message}` : `not valid YAML: ${explained} (${message})`;
}

/** Turns the parser's nodes into ours: aliases followed, duplicate keys found. */
class NodeReader {
  readonly mistakes: Mistake[] = [];
  readonly #placeAt: (offset: number) => Place;
  readonly #anchors = new Map<string, { readonly node: YamlNode; readonly values: number }>();
  #values = 0;

  constructor(placeAt: (offset: number) => Place) {
    this.#placeAt = placeAt;
  }

  /** `around` is the place of a value that is not there (`key:`). */
  read(node: Node | null, around: Place): YamlNode {
    if (isAlias(node)) return this.#follow(node.source, this.#placeOf(node, around));
    const before = this.#values;
    this.#count(1, around);
    const result = this.#readContent(node, around);
    if (node !== null && 'anchor' in node && node.anchor !== undefined)
      this.#anchors.set(node.anchor, { node: result, values: this.#values - before });
    return result;
  }

  #readContent(node: Node | null, around: Place): YamlNode {
    if (isMap(node)) return this.#readMap(node as YAMLMap<Node, Node | null>, this.#placeOf(node, around));
    if (isSeq(node)) {
      const place = this.#placeOf(node, around);
      return { place, content: node.items.map((item) => this.read(item as Node | null, place)) };
    }
    if (!isScalar(node)) return { place: around, content: null };
    return { place: node.type === 'PLAIN' && node.source === '' ? around : this.#placeOf(node, around), content: node.value as Scalar };
  }

  #readMap(map: YAMLMap<Node, Node | null>, place: Place): YamlNode {
    const content = new Map<string, YamlEntry>();
    for (const pair of map.items) {
      const key = readKey(pair);
      const keyPlace = this.#placeOf(pair.key, place);
      const earlier = content.get(key);
      if (earlier !== undefined)
        this.mistakes.push({
          ...keyPlace,
          message: `the key \`${key}\` stands here twice, first in line ${earlier.keyPlace.line}: remove one`,
        });
      if (key === '__proto__') this.mistakes.push({ ...keyPlace, message: 'the key `__proto__` is not allowed' });
      if (key === '<<') this.mistakes.push({ ...keyPlace, message: 'merge keys (`<<`) are not part of YAML 1.2: write the keys out' });
      content.set(key, { keyPlace, node: this.read(pair.value, keyPlace) });
    }
    return { place, content };
  }

  #follow(anchor: string, place: Place): YamlNode {
    const target = this.#anchors.get(anchor);
    if (target === undefined) {
      this.mistakes.push({ ...place, message: `the alias *${anchor} has no complete anchor &${anchor} before it` });
      return { place, content: null };
    }
    this.#count(target.values, place);
    return target.node;
  }

  #count(values: number, place: Place): void {
    if (this.#values <= maximumValues && this.#values + values > maximumValues) {
      this.mistakes.push({ ...place, message: `more than ${maximumValues} values here, aliases expanded: write fewer aliases` });
    }
    this.#values += values;
  }

  #placeOf(node: Node | null, around: Place): Place {
    return node?.range ? this.#placeAt(node.range[0]) : around;
  }
}

function readKey(pair: Pair<Node, unknown>): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}

function makeDocument(root: YamlNode): YamlDocument {
  return { root, data: toData(root, new Map()), locate: (path, atKey) => locateIn(root, path, atKey) };
}

function toData(node: YamlNode, known: Map<YamlNode, unknown>): unknown {
  const { content } = node;
  if (content === null || typeof content !== 'object') return content;
  if (!known.has(node)) {
    const data = isEntries(content)
      ? Object.assign(Object.create(null), Object.fromEntries([...content].map(([key, entry]) => [key, toData(entry.node, known)])))
      : content.map((item) => toData(item, known));
    known.set(node, data);
  }
  return known.get(node);
}

function locateIn(root: YamlNode, path: YamlPath, atKey = false): Place {
  let node = root;
  let keyPlace = root.place;
  for (const [depth, key] of path.entries()) {
    const { content } = node;
    const entry = isEntries(content) ? content.get(String(key)) : undefined;
    const item = Array.isArray(content) ? (content as readonly YamlNode[])[Number(key)] : undefined;
    const next = entry?.node ?? item;
    if (next === undefined) return isEntries(content) ? keyPlace : node.place;
    keyPlace = entry?.keyPlace ?? next.place;
    if (atKey && depth === path.length - 1) return keyPlace;
    node = next;
  }
  return node.place;
}

function isEntries(content: YamlNode['content']): content is ReadonlyMap<string, YamlEntry> {
  return content instanceof Map;
}

/**
 * What `extends` means: maps merge by key, anything else of `child` replaces, `null` removes. Every value keeps its place.
 * A `null` that removes nothing is a mistake.
 */
export function mergeYaml(
  parent: YamlDocument,
  child: YamlDocument,
): { readonly document: YamlDocument; readonly mistakes: readonly Mistake[] } {
  const mistakes: Mistake[] = [];
  const merge = (below: YamlNode, above: YamlNode): YamlNode => {
    if (!isEntries(below.content) || !isEntries(above.content)) return above;
    const content = new Map(below.content);
    for (const [key, entry] of above.content) {
      const inherited = content.get(key);
      if (entry.node.content !== null)
        content.set(key, inherited === undefined ? entry : { ...entry, node: merge(inherited.node, entry.node) });
      else if (!content.delete(key)) {
        mistakes.push({
          ...entry.keyPlace,
          message: `\`${key}: null\` removes nothing: the file that this one extends has no \`${key}\` here`,
        });
      }
    }
    return { place: above.place, content };
  };
  return { document: makeDocument(merge(parent.root, child.root)), mistakes };
}

/** Sets one value, creating maps on the way; `null` removes a key. @throws TypeError where the path leads through something that is no map or list */
export function setYaml(document: YamlDocument, path: YamlPath, value: YamlNode): YamlDocument {
  const set = (node: YamlNode, [key, ...rest]: YamlPath): YamlNode => {
    if (key === undefined) return value;
    const { content } = node;
    if (Array.isArray(content)) {
      const items = [...(content as readonly YamlNode[])];
      const item = items[Number(key)];
      if (item === undefined) throw new TypeError(`there is no entry ${key}: the list has ${items.length}, counted from 0`);
      items[Number(key)] = set(item, rest);
      return { ...node, content: items };
    }
    if (!isEntries(content)) throw new TypeError(`\`${key}\` would lie inside a value that is no map`);
    const entries = new Map(content);
    const inner = entries.get(String(key))?.node ?? { place: value.place, content: new Map() };
    if (rest.length === 0 && value.content === null) entries.delete(String(key));
    else entries.set(String(key), { keyPlace: value.place, node: set(inner, rest) });
    return { ...node, content: entries };
  };
  return makeDocument(set(document.root, path));
}

/** Every scalar and empty collection with the place it comes from, in the order of the document. */
export function listLeaves(document: YamlDocument): readonly Leaf[] {
  const leaves = (node: YamlNode, path: YamlPath): readonly Leaf[] => {
    const { content } = node;
    if (isEntries(content) && content.size > 0) return [...content].flatMap(([key, entry]) => leaves(entry.node, [...path, key]));
    if (Array.isArray(content) && content.length > 0)
      return (content as readonly YamlNode[]).flatMap((item, index) => leaves(item, [...path, index]));
    return [{ path, value: toData(node, new Map()), place: node.place }];
  };
  return leaves(document.root, []);
}
