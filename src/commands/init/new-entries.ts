// How people are created: their object classes and their names, as the entries that are there have them.
// RFC 4512 section 2.4: which attributes a class makes mandatory.
import { allAttributesOf, type DirectorySchema } from '../../ldap/schema.ts';
import type { ResourceDefinition } from '../../mapping/definition.ts';
import { equalNames, type Findings, mostFrequent, spellClass } from './findings.ts';
import { proposePlacement } from './places.ts';
import { line, type Line } from './yaml-text.ts';

export interface NewEntries {
  readonly lines: readonly Line[];
  readonly notes: readonly string[];
}

/** `written`: LDAP attributes in lower case with the SCIM path that writes them. */
export function proposeCreate(
  findings: Findings,
  resource: ResourceDefinition,
  userName: string,
  written: ReadonlyMap<string, string>,
  at: readonly string[],
): NewEntries {
  const { people } = findings;
  if (!resource.create) return { lines: [], notes: [] };
  const attribute = mostFrequent(people.rdnAttributes) ?? 'uid';
  const rdn = nameBy(attribute, resource.create, userName, written);
  const writes = [...written.keys(), ...Object.keys(resource.set ?? {}), attribute];
  const classes = chooseClasses(findings, resource.create.objectClasses, writes);
  const without = [line([...at, 'rename'], null)];
  if (rdn === undefined) {
    return {
      lines: [line([...at, 'create'], null, `people are named by ${attribute}, which no SCIM attribute has`), ...without],
      notes: [],
    };
  }
  if (classes.missing.length > 0) {
    const reason = `new people would need ${classes.missing.join(', ')}: map them, then add \`create\``;
    return { lines: [line([...at, 'create'], null, reason), ...without], notes: [] };
  }
  const count = people.rdnAttributes.get(attribute) ?? 0;
  const namedByCn = attribute === 'cn' && rdn !== resource.create.rdn;
  return {
    lines: [
      ...(equalNames(classes.use, resource.create.objectClasses) ? [] : [line([...at, 'create', 'objectClasses'], classes.use)]),
      ...(rdn === resource.create.rdn
        ? []
        : [line([...at, 'create', 'rdn'], rdn, `${count} of ${people.sampled} people are named by ${attribute}`)]),
      ...proposePlacement(findings, resource, people, at),
      ...(namedByCn ? [line([...at, 'create', 'onRdnConflict'], { append: ' ({userName})', tries: 3 }, 'two people with one name')] : []),
      ...(namedByCn && resource.set?.['cn'] ? [line([...at, 'set', 'cn'], null, 'the name of the entry already is cn')] : []),
    ],
    notes: classes.left.map((name) => {
      const needs = missingOf(findings.schema, [name], writes);
      return `New people come without ${name}, which needs ${needs.join(', ')}.`;
    }),
  };
}

/** The template of the name; undefined where no SCIM attribute has the value. */
function nameBy(
  attribute: string,
  { rdn }: NonNullable<ResourceDefinition['create']>,
  userName: string,
  written: ReadonlyMap<string, string>,
): string | undefined {
  const usual = rdn.split('=')[0]?.toLowerCase();
  if (attribute === userName.toLowerCase()) return attribute === usual ? rdn : `${userName}={userName}`;
  if (attribute === 'cn') return usual === 'cn' ? rdn : 'cn={displayName|name.givenName name.familyName|userName}';
  const path = written.get(attribute);
  return path === undefined ? undefined : `${attribute}={${path}}`;
}

interface Classes {
  readonly use: readonly string[];
  /** What `use` needs and nothing writes. */
  readonly missing: readonly string[];
  /** Classes of the entries that are there that new ones cannot have. */
  readonly left: readonly string[];
}

/** Those of the preset, with more where people have more; or the people's own, where they are something else. */
function chooseClasses(findings: Findings, usual: readonly string[], writes: readonly string[]): Classes {
  const { schema, people } = findings;
  const missing = (names: readonly string[]): readonly string[] => missingOf(schema, names, writes);
  const isUsual = usual.every(
    (name) => name.toLowerCase() === 'top' || people.usualClasses.some((each) => isOrIsBelow(schema, each, name)),
  );
  if (!isUsual) {
    const own = people.usualClasses.map((name) => spellClass(findings, name));
    return { use: own, missing: missing(own), left: [] };
  }
  const more = people.usualClasses.filter((name) => schema.objectClass(name) && !usual.some((each) => isOrIsBelow(schema, each, name)));
  const auxiliary = more.filter((name) => schema.objectClass(name)?.kind === 'auxiliary').map((name) => spellClass(findings, name));
  const possible = auxiliary.filter((name) => missing([name]).length === 0);
  return { use: [...usual, ...possible], missing: missing(usual), left: auxiliary.filter((name) => !possible.includes(name)) };
}

/** What Active Directory fills by itself. */
const filledByServer = ['ntsecuritydescriptor', 'objectcategory', 'instancetype', 'objectsid', 'samaccountname', 'grouptype'];

function missingOf(schema: DirectorySchema, classes: readonly string[], writes: readonly string[]): readonly string[] {
  const written = new Set(['objectclass', ...filledByServer, ...writes.map((name) => name.toLowerCase())]);
  return [...allAttributesOf(schema, classes).must]
    .filter((name) => !written.has(name))
    .map((name) => schema.attribute(name)?.name ?? name);
}

function isOrIsBelow(schema: DirectorySchema, name: string, above: string): boolean {
  return equalNames([name], [above]) || (schema.objectClass(name)?.sup ?? []).some((sup) => isOrIsBelow(schema, sup, above));
}
