// SCIM values computed from LDAP attributes by a template, optionally written back to several attributes; and constants.
import { or, present } from '../../ldap/filter.ts';
import { compileFilter } from '../../scim/match.ts';
import type { AttributeReference } from '../../scim/path.ts';
import { equalValues } from '../../scim/resource.ts';
import type { Json } from '../../scim/schema.ts';
import { defaultCodec } from '../codec.ts';
import { atLeast, columnBounds, everything, nothing } from '../leaf.ts';
import type { Access, Leaf, Rule } from '../rule.ts';
import type { Template } from '../template.ts';
import { encodeValue, pickValue, type ValueOptions } from '../value.ts';

const text = defaultCodec('string');

export interface TemplateOptions extends ValueOptions {
  readonly target: AttributeReference;
  readonly access: Access;
  readonly template: Template;
  /** Fan-out: `{value}` is the SCIM value. */
  readonly write: readonly { readonly ldap: string; readonly value: Template }[];
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
    read: (entry) => template.render((name) => pickValue(entry, name, text)?.value as string | undefined),
    write(draft, before, after) {
      if (equalValues(before, after)) return;
      for (const part of options.write) {
        const render = (value: Json | undefined) => (value === undefined ? undefined : part.value.render(() => String(encodeValue(target.name, text, value, options))));
        const old = render(before);
        const current = old !== undefined && draft.values(part.ldap).some((octets) => octets.toString() === old) ? old : draft.values(part.ldap)[0];
        draft.exchange(part.ldap, current, render(after));
      }
    },
    bounds(leaf, context) {
      if (alias !== undefined) return columnBounds({ ldap: alias, codec: text }, leaf, context);
      const known = template.names.filter((name) => context.schema.attribute(name));
      return known.length < template.names.length || known.length === 0 ? atLeast(everything.over) : atLeast(or(known.map(present)));
    },
  };
}

/** A value that no entry holds and no client changes. */
export function constantRule(target: AttributeReference, value: string | number | boolean): Rule {
  return {
    target,
    access: 'ignoreWrites',
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
