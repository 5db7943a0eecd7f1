// One mapped path to its rule: which kind it is follows from the keys that the definition uses and from the SCIM type.
// RFC 7643 section 2.
import type { AttributeReference } from '../scim/path.ts';
import { defaultCodec } from './codec.ts';
import { compileElements } from './compile-elements.ts';
import { codecFor, codecName, suitsWhole, valueOptions } from './compile-value.ts';
import type { AttributeDefinition } from './definition.ts';
import { withFilterTemplates } from './filter-template.ts';
import type { Item } from './item.ts';
import type { Path, Report } from './report.ts';
import type { Rule } from './rule.ts';
import { elementsRule } from './rules/elements.ts';
import { bitRule, presenceRule } from './rules/flag.ts';
import { listRule, splitRule } from './rules/list.ts';
import { membershipsRule } from './rules/memberships.ts';
import { plainRule } from './rules/plain.ts';
import { referenceRule } from './rules/reference.ts';
import { constantRule, fanOut, templateRule, type WritePart } from './rules/template.ts';
import { compileTemplate } from './template.ts';

type Compile = (item: Item, target: AttributeReference, report: Report) => Rule | undefined;

/** Keys of values that the client writes as text. */
const valueKeys = ['normalize', 'validate', 'default', 'unique'];

/** Every source of values: the keys that go with it, and what becomes of it. */
const sources: ReadonlyMap<string, { readonly keys: readonly string[]; readonly compile: Compile }> = new Map([
  ['memberships', { keys: [], compile: compileMemberships }],
  ['elements', { keys: ['extra'], compile: compileElements }],
  ['constant', { keys: [], compile: compileConstant }],
  ['read', { keys: ['write', ...valueKeys], compile: compileRead }],
  ['ldap', { keys: ['codec', 'onClear', 'reference', 'write', 'extra', ...valueKeys], compile: compileLdap }],
]);
/** All that a source may be at odds with; `access`, `required` and `filter` mean something everywhere. */
const attributeKeys = [
  'ldap',
  'constant',
  'read',
  'write',
  'codec',
  'onClear',
  'reference',
  'elements',
  'extra',
  'memberships',
  ...valueKeys,
];

/** The rule of an item whose target is already the offered attribute; undefined (and reported) when it makes none. */
export function compileRule(item: Item, target: AttributeReference, report: Report): Rule | undefined {
  const { at, definition } = item;
  const named = [...sources.keys()].filter((key) => definition[key as keyof AttributeDefinition] !== undefined);
  const [source = ''] = named;
  if (named.length !== 1) {
    report.add(
      at,
      named.length === 0
        ? 'says nowhere where its value comes from: `ldap`, `read`, `constant` or `elements`'
        : `takes its value from ${named.join(' and ')}: one of them must go`,
    );
    return undefined;
  }
  refuseIdle(item, [source, ...(sources.get(source)?.keys ?? [])], `beside \`${source}\``, report);
  const rule = sources.get(source)?.compile(item, target, report);
  const { filter } = definition;
  return rule && typeof filter === 'object' ? withFilterTemplates(rule, filter, [...at, 'filter'], report) : rule;
}

/** Nothing is accepted and ignored. */
function refuseIdle({ at, definition }: Item, keys: readonly string[], where: string, report: Report): void {
  const idle = attributeKeys.find((key) => definition[key as keyof AttributeDefinition] !== undefined && !keys.includes(key));
  if (idle !== undefined) report.add([...at, idle], `\`${idle}\` has no effect ${where}`, { atKey: true });
}

function compileMemberships({ at, definition }: Item, target: AttributeReference, report: Report): Rule | undefined {
  const { direct, reverse, primaryGroup = false } = definition.memberships ?? {};
  if (!target.attribute.multiValued || target.attribute.type !== 'complex') {
    report.add([...at, 'memberships'], `${target.name} is no list of references`, { atKey: true });
    return undefined;
  }
  return membershipsRule({ target, direct, primaryGroup, to: [reverse ?? 'Group'] });
}

const typesOfConstants: ReadonlyMap<string, readonly string[]> = new Map([
  ['string', ['string', 'reference', 'binary', 'dateTime']],
  ['number', ['integer', 'decimal']],
  ['boolean', ['boolean']],
]);

function compileConstant({ at, definition, access }: Item, target: AttributeReference, report: Report): Rule | undefined {
  const { type, multiValued } = target.sub ?? target.attribute;
  const { constant = '' } = definition;
  if (!multiValued && typesOfConstants.get(typeof constant)?.includes(type))
    return constantRule(target, access === 'readOnly' ? 'readOnly' : 'ignoreWrites', constant);
  report.add([...at, 'constant'], `${target.name} is ${multiValued ? 'a list of ' : ''}${type}, the constant is one ${typeof constant}`);
  return undefined;
}

function compileRead({ at, definition, access }: Item, target: AttributeReference, report: Report): Rule | undefined {
  const { type, multiValued } = target.sub ?? target.attribute;
  const { read = '' } = definition;
  if (multiValued || (type !== 'string' && type !== 'reference')) {
    report.add([...at, 'read'], `a template gives one text, ${target.name} is ${multiValued ? 'a list of ' : ''}${type}`);
    return undefined;
  }
  const template = report.attempt([...at, 'read'], () => compileTemplate(read));
  const write = compileWrite({ at, definition }, report);
  if (write.length === 0 && access !== 'readOnly' && access !== 'ignoreWrites')
    report.add([...at, 'access'], 'a template can be written only where `write` says how');
  return template && templateRule({ target, access, template, write, ...valueOptions(at, definition, report) });
}

function compileWrite({ at, definition }: Pick<Item, 'at' | 'definition'>, report: Report): readonly WritePart[] {
  return (definition.write ?? []).flatMap((part, i) => {
    const where = [...at, 'write', i, 'value'];
    const value = report.attempt(where, () => compileTemplate(part.value));
    const odd = value?.names.find((name) => name !== 'value');
    if (odd !== undefined) report.add(where, `the template names ${odd}: only {value} is known here`);
    return value ? [{ ldap: part.ldap, value }] : [];
  });
}

function compileLdap(item: Item, target: AttributeReference, report: Report): Rule | undefined {
  const { at, definition, access } = item;
  const ldap = typeof definition.ldap === 'string' ? [definition.ldap] : (definition.ldap ?? []);
  const [first = ''] = ldap;
  const attribute = target.sub ?? target.attribute;
  const { codec: chosen, reference } = definition;
  const name = chosen && codecName(chosen);
  if (ldap.length > 1 && (reference || attribute.multiValued || name === 'bit' || name === 'presence'))
    report.add([...at, 'ldap'], 'several attributes are for a single plain value: name one');
  if (reference) {
    refuseIdle(item, ['ldap', 'reference'], 'beside `reference`', report);
    checkDeferral([...at, 'reference'], reference, report);
    const { to, onUnresolved, resolveBy } = reference;
    return referenceRule({ target, access, ldap: first, to, onUnresolved, resolveBy });
  }
  if (chosen && (name === 'bit' || name === 'presence' || name === 'split')) {
    const keys = ['ldap', 'codec', 'default', ...(name === 'split' ? ['normalize', 'validate'] : [])];
    refuseIdle(item, keys, `beside the codec ${name}`, report);
    if (!suitsWhole(at, name, attribute, report)) return undefined;
    if (chosen.bit) return bitRule(target, access, { ldap: first, ...chosen.bit, initial: 0 });
    if (chosen.presence) return presenceRule(target, access, { ldap: first, ...chosen.presence });
    return splitRule({ target, access, ldap, separator: chosen.split ?? ',', ...valueOptions(at, definition, report) });
  }
  const options = valueOptions(at, definition, report);
  if (attribute.type === 'complex' && !chosen) return compileComplex(item, target, first, report);
  const codec = codecFor(at, chosen, attribute, report);
  if (!codec) return undefined;
  if (attribute.multiValued) {
    refuseIdle(item, ['ldap', 'codec', 'normalize', 'validate'], 'on a list', report);
    return listRule({ target, access, ldap, codec, ...options });
  }
  const write = compileWrite(item, report);
  const rule = plainRule({ target, access, ldap, codec, onClear: definition.onClear ?? 'delete', ...options });
  if (write.length === 0) return rule;
  refuseIdle(item, ['ldap', 'write', ...valueKeys], 'beside `write`', report);
  const writes = write.map((part) => part.ldap);
  return { ...rule, writes, write: (draft, before, after) => fanOut({ target, write, ...options }, draft, before, after) };
}

/** A complex attribute as a whole: a list of elements that have nothing but a `value`. */
function compileComplex(
  { at, definition, access, reference }: Item,
  target: AttributeReference,
  ldap: string,
  report: Report,
): Rule | undefined {
  const { attribute } = target;
  const value = attribute.subAttributes?.find((sub) => sub.name === 'value');
  if (!attribute.multiValued || !value || target.sub) {
    const example = `${target.name}.${reference.attribute.subAttributes?.[0]?.name ?? 'value'}`;
    const advice = attribute.multiValued ? 'map it with `elements`' : `map its parts, such as ${example}`;
    report.add(at, `${target.name} is complex: ${advice}`, { atKey: true });
    return undefined;
  }
  const part = { sub: 'value', ldap, codec: defaultCodec(value.type), ...valueOptions(at, definition, report) };
  return elementsRule({ target, access, places: [{ kind: 'list', match: {}, primary: false, parts: [part] }], extra: definition.extra });
}

/** What a reference says beside `defer`. */
export function checkDeferral(at: Path, { onUnresolved, resolveBy }: NonNullable<AttributeDefinition['reference']>, report: Report): void {
  if (resolveBy && onUnresolved !== 'defer') report.add([...at, 'resolveBy'], 'is of use only beside `onUnresolved: defer`');
}
