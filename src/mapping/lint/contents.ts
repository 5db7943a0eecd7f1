// Findings about the live entries: what is in scope, and which of their values the mapping cannot show.
// L-010 (several values), L-029 (no id), L-040 (uniqueness), L-053 to L-055 (placeholder).
import type { LintContext } from './attributes.ts';
import { count, type Finding, inMapping, listSome } from './finding.ts';
import type { Facts, ResourceFacts, ServerFacts } from './facts.ts';
import { codecName, type ResourceUses, type Use, useKey } from './uses.ts';

export function lintContents(resource: ResourceUses, context: LintContext, server: ServerFacts | undefined): readonly Finding[] {
  const { facts } = context;
  if (!facts) return [];
  return [
    ...lintCounts(resource, facts),
    ...resource.uses.flatMap((use) => lintUse(use, facts)),
    ...lintVisibility(resource, context, facts),
    ...lintUnique(resource, facts, server),
  ];
}

function lintCounts({ name, definition, uses }: ResourceUses, facts: ResourceFacts): readonly Finding[] {
  const at = ['resources', name, 'search', 'filter'];
  const findings: Finding[] = [];
  if (facts.cut !== undefined) {
    const message = `the server ends the search after ${count(facts.entries, 'entry', 'entries')} (LDAP result ${facts.cut}): lists of ${name} fail with 503`;
    findings.push(
      inMapping(
        'error',
        'size-limit',
        ['resources', name, 'search'],
        message,
        'raise the size, look-through and time limits of the bind account; `rights` prints how',
      ),
    );
  }
  if (facts.entries === 0 && facts.cut === undefined && facts.around !== undefined) {
    // The bases themselves are no resources.
    const others = facts.around - definition.search.bases.length;
    if (others > 0)
      findings.push(
        inMapping(
          'warn',
          'scope-empty',
          at,
          `0 of ${count(facts.around)} entries under the ${definition.search.bases.length === 1 ? 'base match' : 'bases match'} your filter ${definition.search.filter}`,
          'compare the filter with one of the entries, or the bases with where they are',
        ),
      );
    else findings.push(inMapping('hint', 'scope-empty', at, `no ${name} is there yet: nothing could be compared with live values`));
  }
  if (facts.withoutId > 0) {
    const id = uses.find(({ role }) => role === 'id');
    findings.push(
      inMapping(
        'warn',
        'without-id',
        id?.at ?? at,
        `id -> ${id?.ldap}: ${count(facts.withoutId, 'entry has', 'entries have')} no value and ${facts.withoutId === 1 ? 'is' : 'are'} not shown`,
        'choose an id that the server gives every entry, such as entryUUID, or let it fill in the missing ones',
      ),
    );
  }
  return findings;
}

function lintUse(use: Use, facts: ResourceFacts): readonly Finding[] {
  const seen = facts.values.get(useKey(use));
  if (!seen) return [];
  const findings: Finding[] = [];
  if (seen.several > 0) {
    const advice =
      use.target?.attribute.type === 'complex'
        ? 'map it as a list if all of them should be shown'
        : 'the value in the RDN, else the lowest, is shown; the others stay as they are';
    findings.push(
      inMapping(
        'warn',
        'several-values',
        use.at,
        `${use.label} -> ${use.ldap}: ${count(seen.several, 'entry has', 'entries have')} several values, SCIM shows one`,
        advice,
      ),
    );
  }
  if (seen.foreign.size > 0) {
    const values = [...seen.foreign]
      .toSorted((a, b) => b[1] - a[1])
      .map(([value, entries], i) => `${JSON.stringify(value)} (${i === 0 ? count(entries, 'entry', 'entries') : count(entries)})`);
    const codec = codecName(use);
    const advice =
      codec === 'enum'
        ? 'add them to the enum: until then these entries show no value, and the value stays when clients write others'
        : 'correct the values, or choose another codec: these entries show no value';
    findings.push(
      inMapping(
        'warn',
        codec === 'enum' ? 'enum-not-covered' : 'value-not-decoded',
        use.at,
        `${use.label} ${codec}: ${count(seen.foreign.size, 'live value is', 'live values are')} not covered: ${listSome(values, 5)}`,
        advice,
      ),
    );
  }
  return findings;
}

/** An attribute that the class demands and no entry shows is hidden by an access rule. */
function lintVisibility(
  { uses, definition }: ResourceUses,
  { schema, facts: known }: LintContext,
  facts: ResourceFacts,
): readonly Finding[] {
  if (facts.entries === 0 || known?.rights) return [];
  const must = new Set(
    (definition.create?.objectClasses ?? []).flatMap((name) => schema.objectClass(name)?.must ?? []).map((name) => name.toLowerCase()),
  );
  return uses
    .filter(
      (use) =>
        use.reads &&
        use.role !== 'membership' &&
        must.has(use.ldap.toLowerCase()) &&
        schema.attribute(use.ldap) &&
        (facts.present.get(use.ldap.toLowerCase()) ?? 0) === 0,
    )
    .map((use) =>
      inMapping(
        'error',
        'not-readable',
        use.at,
        `${use.label} -> ${use.ldap}: every entry must have it and none shows it: the bind account may not read it`,
        'grant read; `rights` prints how',
      ),
    );
}

function lintUnique({ uses, mapping }: ResourceUses, facts: ResourceFacts, server: ServerFacts | undefined): readonly Finding[] {
  return mapping.unique.flatMap((reference): readonly Finding[] => {
    const use = uses.find((candidate) => candidate.target?.name === reference.name && candidate.reads);
    if (!use) return [];
    const ldap = use.ldap.toLowerCase();
    const taken = facts.duplicates.get(ldap);
    if (taken && taken.size > 0) {
      const values = [...taken].toSorted((a, b) => b[1] - a[1]).map(([value, entries]) => `${JSON.stringify(value)} (${count(entries)})`);
      return [
        inMapping(
          'warn',
          'duplicate-values',
          use.at,
          `${use.label} -> ${use.ldap} is mapped as unique, and ${count(taken.size, 'value is', 'values are')} in several entries: ${listSome(values, 5)}`,
          'make them different: clients that look for one of these users find two',
        ),
      ];
    }
    const enforced = (reference.sub ?? reference.attribute).uniqueness !== 'none' || server?.configuration?.overlays?.unique.includes(ldap);
    if (enforced) return [];
    return [
      inMapping(
        'hint',
        'unique-not-enforced',
        use.at,
        `${use.label} -> ${use.ldap}: the gateway looks before it writes, but two creates at the same moment could both pass`,
        enforcement(server),
      ),
    ];
  });
}

function enforcement(server: ServerFacts | undefined): string {
  switch (server?.vendor) {
    case 'openldap':
      return 'let the server enforce it with the overlay unique';
    case '389ds':
    case 'freeipa':
      return 'let the server enforce it with the plug-in Attribute Uniqueness';
    default:
      return 'name new entries by it in one container, or map an attribute that the server keeps unique';
  }
}

/** What concerns places in the tree. */
export function lintPlaces(facts: Facts): readonly Finding[] {
  return [
    ...facts.missing.map(({ path, dn }) =>
      inMapping(
        'error',
        'base-missing',
        path,
        `${dn} does not exist, or the bind account may not see it`,
        'correct the DN, create the entry, or grant read on it',
      ),
    ),
    ...facts.placeholders.map(({ path, dn, objectClasses, hasPassword }) => {
      const account = hasPassword || objectClasses.some((name) => /person|account|user|principal|simplesecurityobject/i.test(name));
      const message = `the placeholder ${dn} is a real entry (${objectClasses.filter((name) => name.toLowerCase() !== 'top').join(', ')})`;
      return account
        ? inMapping(
            'error',
            'placeholder-is-account',
            path,
            `${message}: it becomes a member of every empty group, with all that the group may do`,
            'name an entry that does not exist, such as "cn=nobody,{baseDn}"',
          )
        : inMapping('hint', 'placeholder-exists', path, `${message}, though no account`);
    }),
  ];
}
