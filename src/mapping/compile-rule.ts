// One mapped path to its rule: which kind it is follows from the keys that the definition uses and from the SCIM type.
import { escapeValue, parseFilter } from '../ldap/filter.ts';
import { formatSid, parseSid } from '../ldap/syntax.ts';
import type { Entry } from '../ldap/entry.ts';
import type { AttributeReference } from '../scim/path.ts';
import type { AttributeType } from '../scim/schema.ts';
import { compileCodec, type Codec, defaultCodec } from './codec.ts';
import type { AttributeDefinition, CodecDefinition, ElementDefinition } from './definition.ts';
import { accessOf, type Item, warnAboutDefer } from './item.ts';
import { atLeast, unknown } from './leaf.ts';
import type { Path, Report } from './report.ts';
import type { Rule } from './rule.ts';
import { elementsRule, type Part, type Place } from './rules/elements.ts';
import { bitRule, presenceRule } from './rules/flag.ts';
import { listRule, plainRule, splitRule } from './rules/plain.ts';
import { membershipsRule, referenceRule } from './rules/reference.ts';
import { constantRule, templateRule } from './rules/template.ts';
import { compileTemplate } from './template.ts';
import type { ValueOptions } from './value.ts';

/** The rule of an item whose target is already the offered attribute; undefined (and reported) when it makes none. */
export function compileRule(item: Item, target: AttributeReference, report: Report): Rule | undefined {
  const rule = chooseRule(item, target, report);
  const { filter } = item.definition;
  return rule && typeof filter === 'object' ? withFilterTemplates(rule, filter, [...item.at, 'filter'], report) : rule;
}

function chooseRule({ at, definition }: Item, target: AttributeReference, report: Report): Rule | undefined {
  const access = accessOf(definition);
  const attribute = target.sub ?? target.attribute;
  const options = valueOptions(at, definition, report);
  const ldap = typeof definition.ldap === 'string' ? [definition.ldap] : (definition.ldap ?? []);
  const sources = ['ldap', 'constant', 'read', 'elements', 'memberships'].filter((key) => definition[key as keyof AttributeDefinition] !== undefined);
  if (sources.length !== 1) {
    report.add(at, sources.length === 0 ? 'says nowhere where its value comes from: `ldap`, `read`, `constant` or `elements`' : `takes its value from ${sources.join(' and ')}: one of them must go`);
    return undefined;
  }
  if (definition.memberships) {
    const { direct, reverse, primaryGroup } = definition.memberships;
    return membershipsRule({ target, direct, primaryGroup: primaryGroup ?? false, to: [reverse ?? 'Group'] }, primaryGroupDn);
  }
  if (definition.reference && ldap[0] !== undefined) {
    warnAboutDefer([...at, 'reference', 'onUnresolved'], definition.reference.onUnresolved, report);
    return referenceRule({ target, access, ldap: ldap[0], to: definition.reference.to, onUnresolved: definition.reference.onUnresolved });
  }
  if (definition.elements) {
    const places = definition.elements.flatMap((element, i) => compilePlace(element, target, [...at, 'elements', i], report) ?? []);
    return elementsRule({ target, access, places, extra: definition.extra });
  }
  if (definition.constant !== undefined) return constantRule(target, definition.constant);
  if (definition.read !== undefined) {
    const template = report.attempt([...at, 'read'], () => compileTemplate(definition.read ?? ''));
    const write = (definition.write ?? []).flatMap((part, i) => {
      const value = report.attempt([...at, 'write', i, 'value'], () => compileTemplate(part.value));
      return value ? [{ ldap: part.ldap, value }] : [];
    });
    return template && templateRule({ target, access, template, write, ...options });
  }
  const { codec: chosen } = definition;
  if (chosen?.bit && ldap[0] !== undefined) return bitRule(target, access, { ldap: ldap[0], ...chosen.bit, initial: 0 });
  if (chosen?.presence && ldap[0] !== undefined) return presenceRule(target, access, { ldap: ldap[0], ...chosen.presence });
  const codec = codecFor(at, chosen, attribute.type, report);
  if (!codec) return undefined;
  const plain = { target, access, ldap, codec, onClear: definition.onClear ?? ('delete' as const), ...options };
  if (chosen?.split !== undefined) return splitRule({ ...plain, separator: chosen.split });
  if (attribute.type === 'complex' && attribute.multiValued && !chosen?.json && ldap[0] !== undefined) {
    const part: Part = { sub: 'value', ldap: ldap[0], codec: defaultCodec('string'), ...options };
    return elementsRule({ target, access, places: [{ kind: 'list', match: {}, primary: false, parts: [part] }], extra: definition.extra });
  }
  if (attribute.type === 'complex' && !chosen?.json) {
    report.add(at, `${target.name} is complex: map its parts, such as ${target.name}.${attribute.subAttributes?.[0]?.name ?? 'value'}`, { atKey: true });
    return undefined;
  }
  return attribute.multiValued ? listRule(plain) : plainRule(plain);
}

function codecFor(at: Path, definition: CodecDefinition | undefined, type: AttributeType, report: Report): Codec | undefined {
  const codec = definition ? compileCodec(definition) : defaultCodec(type);
  if (codec && !codec.types.includes(type)) {
    report.add([...at, 'codec'], `the codec ${codec.name} gives ${codec.types.join(' or ')}, the attribute is ${type}`);
    return undefined;
  }
  return codec ?? defaultCodec('string');
}

function valueOptions(at: Path, definition: Pick<AttributeDefinition, 'normalize' | 'validate'>, report: Report): ValueOptions {
  const { pattern, ...rest } = definition.validate ?? {};
  const compiled = pattern === undefined ? undefined : compilePattern([...at, 'validate', 'pattern'], pattern, report);
  const { maxLength, oneOf, message } = rest;
  return {
    normalize: definition.normalize,
    validate: definition.validate && {
      ...(compiled && { pattern: compiled }),
      ...(maxLength !== undefined && { maxLength }),
      ...(oneOf && { oneOf }),
      ...(message !== undefined && { message }),
    },
  };
}

/** Patterns run on what strangers send: those that could take more than linear time are refused. */
export function compilePattern(at: Path, pattern: string, report: Report): RegExp | undefined {
  if (/\\[1-9]|\\k<|\(\?<?[=!]/.test(pattern) || /[*+}]\)?[^)]*\)[*+{]/.test(pattern.replace(/\\./g, '_').replace(/\[[^\]]*\]/g, '_'))) {
    report.add(at, 'the pattern could take very long: no back-references, no look-around, no repetition inside a repetition');
    return undefined;
  }
  try {
    return new RegExp(`^(?:${pattern})$`, 'u');
  } catch (error) {
    report.add(at, `is no regular expression: ${error instanceof Error ? error.message : ''}`);
    return undefined;
  }
}

function compilePlace(element: ElementDefinition, target: AttributeReference, at: Path, report: Report): Place | undefined {
  const subs = target.attribute.subAttributes ?? [];
  const kind = element.slot ? 'slot' : 'list';
  for (const name of Object.keys(element.match)) {
    if (!subs.some((sub) => sub.name === name)) report.add([...at, 'match', name], `${target.name} has no sub-attribute ${name}`, { atKey: true });
  }
  const parts = Object.entries(element.slot ?? element.list ?? {}).flatMap(([name, part]): Part[] => {
    const sub = subs.find((candidate) => candidate.name === name);
    const where = [...at, kind, name];
    if (!sub) report.add(where, `${target.name} has no sub-attribute ${name}`, { atKey: true });
    const codec = sub && codecFor(where, part.codec, sub.type, report);
    return sub && codec ? [{ sub: name, ldap: part.ldap, codec, ...valueOptions(where, part, report) }] : [];
  });
  const { primary } = element;
  const prefer = typeof primary === 'object' && primary.prefer !== undefined ? compilePattern([...at, 'primary', 'prefer'], primary.prefer, report) : undefined;
  return parts.length === 0 ? undefined : { kind, match: element.match, parts, primary: typeof primary === 'object' ? (prefer ? { prefer } : {}) : (primary ?? false) };
}

/** `{v}` in a filter template is the escaped value; what the template finds counts as an over-approximation and is finished in memory. */
function withFilterTemplates(rule: Rule, templates: Readonly<Partial<Record<string, string>>>, at: Path, report: Report): Rule {
  for (const [operator, text] of Object.entries(templates)) {
    if (text !== undefined && text !== 'off') report.attempt([...at, operator], () => parseFilter(text.replaceAll('{v}', 'x')));
  }
  return {
    ...rule,
    bounds(leaf, context) {
      const text = templates[leaf.test === 'present' ? 'pr' : leaf.test.operator];
      if (text === undefined) return rule.bounds(leaf, context);
      return text === 'off' ? unknown : atLeast(parseFilter(text.replaceAll('{v}', leaf.test === 'present' ? '' : escapeValue(String(leaf.test.value)))));
    },
  };
}

/** Active Directory finds an entry by `<SID=…>` in place of a DN ([MS-ADTS] 3.1.1.3.1.2.4). */
function primaryGroupDn(entry: Entry): string | undefined {
  const [sid] = entry.octets('objectSid');
  const [rid] = entry.texts('primaryGroupID');
  if (!sid || rid === undefined) return undefined;
  const own = parseSid(sid);
  const group = `${own.slice(0, own.lastIndexOf('-'))}-${rid}`;
  return formatSid(group).length > 0 ? `<SID=${group}>` : undefined;
}
