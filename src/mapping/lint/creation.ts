// Findings about new entries: object classes, MUST attributes, the RDN, and whether what is created would be found again.
// RFC 4512 sections 2.3 and 2.4; L-069; MUST attributes that Active Directory fills itself do not count.
import type { Filter } from '../../ldap/filter.ts';
import { allAttributesOf, type DirectorySchema, type ObjectClass } from '../../ldap/schema.ts';
import { nearest } from '../nearest.ts';
import { isActiveDirectory, type LintContext } from './attributes.ts';
import { type Finding, inMapping } from './finding.ts';
import { rdnAttributes, type ResourceUses } from './uses.ts';

export function lintCreation(resource: ResourceUses, context: LintContext): readonly Finding[] {
  const { definition } = resource;
  if (!definition.create) return [];
  const classes = lintClasses(resource, context);
  if (classes.some((finding) => finding.severity === 'error')) return classes;
  return [...classes, ...lintMust(resource, context), ...lintRdn(resource, context), ...lintScope(resource, context)];
}

const createAt = (resource: ResourceUses, ...path: readonly (string | number)[]) => ['resources', resource.name, 'create', ...path];

function lintClasses(resource: ResourceUses, { schema }: LintContext): readonly Finding[] {
  const names = resource.definition.create?.objectClasses ?? [];
  const unknown = names.flatMap((name, i) => {
    if (schema.objectClass(name)) return [];
    const best = nearest(
      name,
      schema.objectClasses.flatMap((each) => each.names),
    );
    const message = `create.objectClasses: the server's schema has no class ${name}`;
    return [
      inMapping(
        'error',
        'class-unknown',
        createAt(resource, 'objectClasses', i),
        message,
        best === undefined ? 'remove it, or load the schema that defines it' : `did you mean ${best}?`,
      ),
    ];
  });
  if (unknown.length > 0) return unknown;
  const structural = names.flatMap((name) => schema.objectClass(name) ?? []).filter((each) => each.kind === 'structural');
  const leaves = structural.filter((each) => !structural.some((other) => other !== each && descendsFrom(schema, other, each)));
  if (leaves.length === 1) return [];
  const message =
    leaves.length === 0
      ? 'create.objectClasses has no structural class: the server refuses such entries'
      : `create.objectClasses has several structural classes: ${leaves.map((each) => each.name).join(' and ')}`;
  return [
    inMapping(
      'error',
      'class-structural',
      createAt(resource, 'objectClasses'),
      message,
      leaves.length === 0 ? 'add one, such as inetOrgPerson' : 'keep one of them',
    ),
  ];
}

function descendsFrom(schema: DirectorySchema, from: ObjectClass, ancestor: ObjectClass, seen = new Set<ObjectClass>()): boolean {
  if (seen.has(from)) return false;
  seen.add(from);
  return from.sup.some((name) => {
    const parent = schema.objectClass(name);
    return parent !== undefined && (parent === ancestor || descendsFrom(schema, parent, ancestor, seen));
  });
}

/** [MS-ADTS] 3.1.1.5.2.2 and .4: what the domain controller adds to a new object. */
const filledByActiveDirectory: ReadonlySet<string> = new Set([
  'instancetype',
  'ntsecuritydescriptor',
  'objectcategory',
  'objectsid',
  'samaccountname',
  'grouptype',
  'cn',
  'name',
]);

type Filled = 'always' | 'sometimes' | 'never';

function lintMust(resource: ResourceUses, { schema, vendor }: LintContext): readonly Finding[] {
  const names = resource.definition.create?.objectClasses ?? [];
  const { must } = allAttributesOf(schema, names);
  const byServer = (name: string): boolean =>
    name === 'objectclass' ||
    schema.attribute(name)?.noUserModification === true ||
    (isActiveDirectory(vendor) && filledByActiveDirectory.has(name));
  const needed = [...must].filter((name) => !byServer(name));
  const spelt = (name: string) => schema.attribute(name)?.name ?? name;
  const classes = (name: string) =>
    names.filter((each) => schema.objectClass(each)?.must.some((part) => part.toLowerCase() === name)).join(', ') || names.join(', ');
  const findings = needed.flatMap((name): readonly Finding[] => {
    const filled = fillsAttribute(resource, schema, name);
    if (filled === 'always') return [];
    const isMember = resource.definition.membership?.ldap.toLowerCase() === name;
    if (isMember) {
      const message = `${classes(name)} must have ${spelt(name)}: a group without members cannot be created, and its last member cannot leave`;
      return [
        inMapping(
          'error',
          'placeholder-needed',
          ['resources', resource.name, 'membership'],
          message,
          'add empty: { placeholder: "cn=nobody,{baseDn}" } to membership',
        ),
      ];
    }
    const message = `${classes(name)}: MUST ${spelt(name)} is ${filled === 'never' ? 'filled by nothing: nobody can be created' : 'not filled when the client leaves it out: the create fails then'}`;
    const advice = filled === 'never' ? `map it, or add set: { ${spelt(name)}: { onCreate: … } }` : 'add default: … or required: true';
    return [inMapping(filled === 'never' ? 'error' : 'warn', 'must-not-filled', createAt(resource, 'objectClasses'), message, advice)];
  });
  if (findings.length > 0 || needed.length === 0) return findings;
  const structural =
    names.flatMap((name) => schema.objectClass(name) ?? []).findLast((each) => each.kind !== 'abstract')?.name ?? names.join(', ');
  return [
    inMapping(
      'ok',
      'must-filled',
      createAt(resource, 'objectClasses'),
      `${structural}: MUST ${needed.map(spelt).toSorted().join(', ')} ${needed.length === 1 ? 'is' : 'are'} always filled`,
    ),
  ];
}

function fillsAttribute(resource: ResourceUses, schema: DirectorySchema, name: string): Filled {
  const { definition, uses } = resource;
  const same = (ldap: string): boolean => (schema.attribute(ldap)?.name ?? ldap).toLowerCase() === name;
  // The RDN: a create without a value for it is refused with a clear message, never sent.
  if (rdnAttributes(definition.create?.rdn ?? '').some(same)) return 'always';
  const writers = uses.filter((use) => use.writes && same(use.ldap));
  const certainty = new Set(
    writers.map((use): Filled => {
      if (use.role === 'set') return isAlwaysSet(resource, use.ldap) ? 'always' : 'sometimes';
      if (use.role === 'membership') return definition.membership?.empty === undefined ? 'never' : 'always';
      if (use.role === 'state' || use.role === 'password') return 'always';
      return use.sub === undefined && use.target !== undefined && isAlwaysPresent(resource, use.target.name) ? 'always' : 'sometimes';
    }),
  );
  return certainty.has('always') ? 'always' : certainty.has('sometimes') ? 'sometimes' : 'never';
}

/** Whether a new resource has a value at that canonical path whatever the client sends. */
function isAlwaysPresent(resource: ResourceUses, path: string, depth = 0): boolean {
  const { mapping, definition } = resource;
  const rule = mapping.rules.find((candidate) => candidate.target.name.toLowerCase() === path.toLowerCase());
  if (!rule) return path === 'active' && definition.accountState !== undefined;
  if ((rule.target.sub ?? rule.target.attribute).required && (!rule.target.sub || rule.target.attribute.required)) return true;
  const template = mapping.defaults.find((each) => each.path === rule.target.name)?.template;
  return (
    template !== undefined &&
    depth < 5 &&
    (template.names.length === 0 || template.names.some((name) => isAlwaysPresent(resource, name, depth + 1)))
  );
}

function isAlwaysSet(resource: ResourceUses, ldap: string): boolean {
  const set = resource.mapping.set.find((each) => each.ldap === ldap);
  return set !== undefined && (set.template.names.length === 0 || set.template.names.some((name) => isAlwaysPresent(resource, name)));
}

function lintRdn(resource: ResourceUses, { schema }: LintContext): readonly Finding[] {
  const create = resource.definition.create;
  if (!create) return [];
  const { must, may } = allAttributesOf(schema, create.objectClasses);
  return rdnAttributes(create.rdn).flatMap((ldap): readonly Finding[] => {
    const type = schema.attribute(ldap);
    if (!type) return [];
    const name = type.name.toLowerCase();
    if (!must.has(name) && !may.has(name) && !create.objectClasses.some((each) => /^extensibleobject$/i.test(each))) {
      return [
        inMapping(
          'error',
          'rdn-not-allowed',
          createAt(resource, 'rdn'),
          `create.rdn: none of ${create.objectClasses.join(', ')} allows ${ldap}, so no entry can be named by it`,
          'name entries by an attribute of their class, such as cn',
        ),
      ];
    }
    if (type.equality === undefined)
      return [
        inMapping(
          'error',
          'rdn-not-allowed',
          createAt(resource, 'rdn'),
          `create.rdn: ${ldap} has no EQUALITY rule and cannot name entries`,
          'name entries by another attribute',
        ),
      ];
    return [];
  });
}

/** What is created must match `search.filter`: only plain statements about the object class are judged. */
function lintScope(resource: ResourceUses, { schema }: LintContext): readonly Finding[] {
  const classes = new Set<string>();
  const visit = (name: string): void => {
    const found = schema.objectClass(name);
    const key = (found?.name ?? name).toLowerCase();
    if (classes.has(key)) return;
    classes.add(key);
    found?.sup.forEach(visit);
  };
  resource.definition.create?.objectClasses.forEach(visit);
  const holds = (filter: Filter): boolean | undefined => {
    switch (filter.kind) {
      case 'and': {
        const all = new Set(filter.filters.map(holds));
        return all.has(false) ? false : all.has(undefined) ? undefined : true;
      }
      case 'or': {
        const all = new Set(filter.filters.map(holds));
        return all.has(true) ? true : all.has(undefined) ? undefined : false;
      }
      case 'not': {
        const inner = holds(filter.filter);
        return inner === undefined ? undefined : !inner;
      }
      case 'equal': {
        const wanted = filter.attribute.toLowerCase() === 'objectclass' ? schema.objectClass(String(filter.value)) : undefined;
        return wanted && classes.has(wanted.name.toLowerCase());
      }
      default:
        return undefined;
    }
  };
  if (holds(resource.mapping.scope.filter) !== false) return [];
  const message = `search.filter does not match what create makes (${resource.definition.create?.objectClasses.join(', ')}): a new ${resource.name} would not be found again`;
  return [
    inMapping(
      'error',
      'create-outside-filter',
      ['resources', resource.name, 'search', 'filter'],
      message,
      'make create.objectClasses and search.filter agree',
    ),
  ];
}
