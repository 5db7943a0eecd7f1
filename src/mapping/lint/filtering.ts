// Findings about searching: what the directory can answer by itself, what is finished in memory, and what has no index.
// RFC 4517 section 4; L-003, L-009 to L-012.
import { filterAttributes, type Filter } from '../../ldap/filter.ts';
import { equalityKind, ordersBy, substringKind } from '../../ldap/schema.ts';
import { nearest } from '../nearest.ts';
import type { Leaf } from '../rule.ts';
import type { LintContext } from './attributes.ts';
import { count, type Finding, inMapping, listSome } from './finding.ts';
import type { ServerFacts } from './facts.ts';
import type { ResourceUses, Use } from './uses.ts';

export function lintFiltering(resource: ResourceUses, context: LintContext, server: ServerFacts | undefined): readonly Finding[] {
  return [
    ...lintScopeFilter(resource, context),
    ...lintId(resource, context),
    ...lintPushing(resource, context),
    ...lintIndexes(resource, context, server),
  ];
}

/** An attribute that the server does not know makes its part of the filter Undefined: the search succeeds and is empty (L-003). */
function lintScopeFilter({ name, mapping }: ResourceUses, { schema }: LintContext): readonly Finding[] {
  const at = ['resources', name, 'search', 'filter'];
  const unknown = [...new Set(filterAttributes(mapping.scope.filter))].filter((attribute) => !schema.attribute(attribute));
  const attributes = unknown.map((attribute) => {
    const best = nearest(
      attribute,
      schema.attributes.flatMap((type) => type.names),
    );
    return inMapping(
      'error',
      'filter-unknown',
      at,
      `search.filter: the server's schema has no attribute ${attribute}, so this part matches nothing`,
      best === undefined ? undefined : `did you mean ${best}?`,
    );
  });
  const classes = classesIn(mapping.scope.filter).flatMap((each) => {
    if (schema.objectClass(each)) return [];
    const best = nearest(
      each,
      schema.objectClasses.flatMap((known) => known.names),
    );
    return [
      inMapping(
        'error',
        'filter-unknown',
        at,
        `search.filter: the server's schema has no class ${each}, so this part matches nothing`,
        best === undefined ? undefined : `did you mean ${best}?`,
      ),
    ];
  });
  return [...attributes, ...classes];
}

function classesIn(filter: Filter): readonly string[] {
  if (filter.kind === 'and' || filter.kind === 'or') return filter.filters.flatMap(classesIn);
  if (filter.kind === 'not') return classesIn(filter.filter);
  return filter.kind === 'equal' && filter.attribute.toLowerCase() === 'objectclass' ? [String(filter.value)] : [];
}

function lintId({ uses }: ResourceUses, { schema }: LintContext): readonly Finding[] {
  const use = uses.find(({ role }) => role === 'id');
  const type = use && schema.attribute(use.ldap);
  if (!use || !type || equalityKind(type) !== 'none') return [];
  return [
    inMapping(
      'error',
      'id-not-searchable',
      use.at,
      `id -> ${use.ldap}: the attribute has no EQUALITY rule, so no resource can be found by its id`,
      'use entryUUID, objectGUID or nsUniqueId',
    ),
  ];
}

/** Attributes that clients look resources up by, before they create or link one. */
const keys: ReadonlySet<string> = new Set(['userName', 'externalId', 'emails.value', 'displayName']);

const keyOf = ({ target, sub }: Use): string => [target?.name, sub].filter((part) => part !== undefined).join('.');
const isKey = (use: Use, { mapping, name }: ResourceUses): boolean => {
  const key = keyOf(use);
  if (key === 'displayName' && name === 'User') return false;
  return keys.has(key) || mapping.unique.some((reference) => reference.name === use.target?.name);
};

type Question = 'eq' | 'co' | 'gt';

function lintPushing(resource: ResourceUses, { schema }: LintContext): readonly Finding[] {
  const { name, mapping, definition } = resource;
  const at = ['resources', name, 'attributes'];
  const asked = resource.uses.filter(
    (use) =>
      use.reads &&
      use.rule &&
      use.target &&
      schema.attribute(use.ldap) &&
      !isUnfilterable(use, definition.attributes, mapping.unfilterable),
  );
  const memory = (question: Question, suits: (use: Use) => boolean) => [
    ...new Set(asked.filter((use) => suits(use) && !isPushed(use, question, schema)).map((use) => use.label)),
  ];
  const keyFindings = asked
    .filter((use) => isKey(use, resource) && !isPushed(use, 'eq', schema))
    .map((use) =>
      inMapping(
        'warn',
        'filter-in-memory',
        use.at,
        `${use.label} -> ${use.ldap}: clients look resources up by it, and the server cannot compare it (${ruleOf(use, schema)}): each look-up reads every entry`,
        'map an attribute with an EQUALITY rule that ignores case',
      ),
    );
  const equal = memory('eq', (use) => !isKey(use, resource));
  const substrings = memory('co', (use) => use.type === 'string' && !equal.includes(use.label) && use.codec?.enum === undefined);
  const ordered = memory('gt', (use) => (use.type === 'dateTime' || use.type === 'integer') && !equal.includes(use.label));
  const summary = (labels: readonly string[], what: string, why: string) =>
    labels.length === 0
      ? []
      : [
          inMapping(
            'hint',
            'filter-in-memory',
            at,
            `${what} is finished in memory for ${listSome(labels)}: ${why}`,
            'nothing, unless clients filter large directories by them; filter: off refuses it',
          ),
        ];
  return [
    ...keyFindings,
    ...summary(equal, 'eq', 'the server has no fitting EQUALITY rule, or the value is computed'),
    ...summary(substrings, 'co, sw, ew', 'the server has no fitting SUBSTR rule'),
    ...summary(ordered, 'gt, ge, lt, le', 'the server has no ORDERING rule'),
  ];
}

function isUnfilterable(use: Use, attributes: ResourceUses['definition']['attributes'], unfilterable: readonly string[]): boolean {
  return unfilterable.includes(use.target?.name ?? '') || attributes[use.label]?.filter === 'off';
}

function ruleOf(use: Use, schema: LintContext['schema']): string {
  const type = schema.attribute(use.ldap);
  if (type?.equality === undefined) return 'no EQUALITY rule';
  return `EQUALITY ${type.equality}${ordersBy(type) === 'none' && substringKind(type) === 'none' ? ', no SUBSTR' : ''}`;
}

/** Asks the compiled rule itself what it would send, with a typical value: it is what serves requests. */
function isPushed(use: Use, question: Question, schema: LintContext['schema']): boolean {
  const attribute = use.target?.attribute.subAttributes?.find((sub) => sub.name === use.sub) ?? use.target?.sub ?? use.target?.attribute;
  const sub = use.role === 'reference' || use.role === 'memberships' ? 'value' : use.sub;
  const value = typicalValue(use, question);
  const leaf: Leaf = {
    sub: use.target?.sub ? undefined : sub,
    caseExact: attribute?.caseExact ?? false,
    test: { operator: question, value },
  };
  try {
    const over = use.rule?.bounds(leaf, { schema, dnOf: () => 'cn=someone' }).over;
    return over !== undefined && asksForValue(over);
  } catch {
    return true;
  }
}

function typicalValue({ type, codec }: Use, question: Question): string | number | boolean {
  if (codec?.enum) return Object.keys(codec.enum)[0] ?? 'x';
  if (codec?.boolean || codec?.bit || codec?.presence || type === 'boolean') return true;
  if (type === 'dateTime') return '2024-05-06T07:08:09Z';
  if (type === 'integer' || type === 'decimal') return 1;
  if (codec?.guid) return '00112233-4455-6677-8899-aabbccddeeff';
  if (codec?.sid) return 'S-1-5-21-1-2-3-500';
  return question === 'eq' ? 'YQ==' : 'abc';
}

/** True unless the filter only asks for presence, or for everything. */
function asksForValue(filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.filters.some(asksForValue);
    case 'or':
      return filter.filters.every(asksForValue);
    case 'not':
      return asksForValue(filter.filter) || filter.filter.kind === 'present';
    case 'present':
      return false;
    default:
      return true;
  }
}

/** Milliseconds that a look-up may take before it counts as a scan. */
const slowLookup = 50;

function lintIndexes(resource: ResourceUses, { schema, facts }: LintContext, server: ServerFacts | undefined): readonly Finding[] {
  const configured = server?.configuration?.indexes;
  const searched = resource.uses.filter(
    (use) =>
      schema.attribute(use.ldap) &&
      (use.role === 'id' || use.role === 'membership' || (use.reads && use.role === 'value' && isKey(use, resource))),
  );
  return searched.flatMap((use): readonly Finding[] => {
    const severity = use.role === 'id' ? ('warn' as const) : ('hint' as const);
    const names = schema.attribute(use.ldap)?.names.map((each) => each.toLowerCase()) ?? [use.ldap.toLowerCase()];
    const advice = `add an equality index on ${use.ldap}`;
    if (configured) {
      if (names.some((each) => configured.get(each)?.has('eq'))) return [];
      const cost =
        facts === undefined || facts.entries === 0
          ? ''
          : `: each look-up scans ${facts.complete ? '' : 'more than '}${count(facts.entries, 'entry', 'entries')}`;
      return [inMapping(severity, 'not-indexed', use.at, `${use.label} -> ${use.ldap} has no equality index${cost}`, advice)];
    }
    const measured = facts?.lookups?.get(use.ldap.toLowerCase());
    const fastest = Math.min(...(facts?.lookups?.values() ?? []));
    if (facts === undefined || measured === undefined || measured < slowLookup || (measured < 10 * fastest && fastest < slowLookup))
      return [];
    const message = `${use.label} -> ${use.ldap} seems not to be indexed: eq over ${count(facts.entries, 'entry', 'entries')} took ${(measured / 1000).toFixed(2)} s`;
    return [inMapping(severity, 'not-indexed', use.at, message, advice)];
  });
}
