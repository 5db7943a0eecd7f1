// SCIM values computed from LDAP attributes by a template, optionally written back to several attributes; and constants.
// RFC 7643 section 2.3.
import type { Entry } from '../../ldap/entry.ts';
import { or, present } from '../../ldap/filter.ts';
import { compileFilter } from '../../scim/match.ts';
import type { AttributeReference } from '../../scim/path.ts';
import { equalValues } from '../../scim/resource.ts';
import type { Json } from '../../scim/schema.ts';
import { defaultCodec } from '../codec.ts';
import type { Draft } from '../draft.ts';
import { atLeast, columnBounds, everything, nothing, unknown } from '../leaf.ts';
import type { Access, Leaf, Rule } from '../rule.ts';
import type { Template } from '../template.ts';
import { encodeValue, normalizeValue, ownValues, readValue, type ValueOptions } from '../value.ts';

const text = defaultCodec('string');

/** Fan-out: `{value}` is the SCIM value. */
export type WritePart = { readonly ldap: string; readonly value: Template };

export interface TemplateOptions extends ValueOptions {
  readonly target: AttributeReference;
  readonly access: Access;
  readonly template: Template;
  readonly write: readonly WritePart[];
}

export function templateRule(options: TemplateOptions): Rule {
  const { target, access, template } = options;
  const [single] = template.names;
  // A template that is one attribute and nothing else answers filters as that attribute does.
  const alias = single !== undefined && template.text.trim() === `{${single}}` ? single : undefined;
  return {
    target,
    access,
    reads: template.names,
    writes: options.write.map((part) => part.ldap),
    ...(options.normalize && { normalize: (value) => normalizeValue(value, options) }),
    read: (entry) => (alias === undefined ? template.render((name) => readText(entry, name)) : readText(entry, alias)),
    write: (draft, before, after) => fanOut(options, draft, before, after),
    bounds(leaf, context) {
      if (alias !== undefined) return columnBounds({ ldap: alias, codec: text }, leaf, context);
      if (template.names.length === 0 || !template.names.every((name) => context.schema.attribute(name))) return unknown;
      return atLeast(or(template.names.map(present)));
    },
  };
}

function readText(entry: Entry, name: string): string | undefined {
  const value = readValue(entry, name, text);
  return typeof value === 'string' ? value : undefined;
}

/** Writes one SCIM value to several attributes: in each, what was computed from the value before, else the one that is read, gives way. */
export function fanOut(
  { target, write, ...options }: ValueOptions & Pick<TemplateOptions, 'target' | 'write'>,
  draft: Draft,
  before: Json | undefined,
  after: Json | undefined,
): void {
  if (equalValues(before, after)) return;
  const next = after === undefined ? undefined : String(encodeValue(target.name, text, after, options));
  for (const { ldap, value } of write) {
    const old = typeof before === 'object' || before === undefined ? undefined : value.render(() => String(before));
    const current = old !== undefined && draft.has(ldap, old) ? old : ownValues(draft.values(ldap), text)[0]?.octets;
    draft.exchange(ldap, current, next === undefined ? undefined : value.render(() => next));
  }
}

/** A value that no entry holds and no client changes. */
export function constantRule(target: AttributeReference, access: 'ignoreWrites' | 'readOnly', value: string | number | boolean): Rule {
  return {
    target,
    access,
    reads: [],
    writes: [],
    read: () => value,
    write: () => undefined,
    bounds: (leaf) => (constantMatches(target, value, leaf) ? everything : nothing),
  };
}

/** Whether a value that is the same in every entry passes a comparison: the mapping folds the constant, the directory is not asked. */
export function constantMatches(target: AttributeReference, value: Json, leaf: Leaf): boolean {
  if (leaf.test === 'present') return true;
  // The evaluator works on resources: give it one that has nothing but the value.
  const attribute = { ...(target.sub ?? target.attribute), multiValued: false };
  const reference = { extension: undefined, attribute, sub: undefined, name: attribute.name };
  return compileFilter({ kind: 'compare', attribute: reference, ...leaf.test })({ [attribute.name]: value });
}
