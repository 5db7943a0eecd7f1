// How a domain controller compares: one rule for each syntax, none of them published; text without regard to case, accents, width and kana.
// MS-ADTS 3.1.1.2.2.4 (comparison by syntax), MS-UCODEREF; filters may name a class by a word: MS-ADTS 3.1.1.3.1.3.5.
import { resolveDn } from '../names.ts';
import { preparations, type MatchingRule, type Preparation } from '../matching.ts';
import { formatSid } from '../../ldap/syntax.ts';
import { foldCase } from '../text-preparation.ts';
import { adSyntax } from './syntax.ts';

const { boolean, caseExactIa5, distinguishedName, generalizedTime, integer, numeric, objectIdentifier, octets, textKey } = preparations;

/** NORM_IGNORECASE, NORM_IGNORENONSPACE, NORM_IGNOREWIDTH and NORM_IGNOREKANATYPE of Windows. */
export function foldText(text: string): string {
  if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase();
  const bare = text.normalize('NFKD').replace(/\p{Mn}/gu, '');
  const hiragana = bare.replace(/[\u30a1-\u30f6]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60));
  return foldCase(hiragana).normalize('NFKC');
}

const unicode = textKey((text, part) => (text === '' && part === 'whole' ? undefined : foldText(text)));
const caseExact = textKey((text, part) => (text === '' && part === 'whole' ? undefined : text));

/** In filters a SID may be written as text. */
const sid: Preparation = {
  key: (value, part, names) => {
    const text = value.toString('latin1');
    if (!/^S-1-/i.test(text)) return octets.key(value, part, names);
    try {
      return formatSid(text).toString('latin1');
    } catch {
      return undefined;
    }
  },
};

/** The class that the category of each class is of; of the others it is the class itself. */
const categories: ReadonlyMap<string, string> = new Map([
  ['user', 'person'],
  ['inetorgperson', 'person'],
  ['organizationalperson', 'person'],
  ['contact', 'person'],
  ['organizationalunit', 'organizational-unit'],
  ['domaindns', 'domain-dns'],
  ['builtindomain', 'builtin-domain'],
]);

/** CN of the category of a class. */
export function categoryOf(className: string): string {
  return categories.get(className.toLowerCase()) ?? className.toLowerCase();
}

/** `(objectCategory=person)` stands for the DN of the class's category; all of them are in one container, so the first RDN tells. */
const category: Preparation = {
  key: (value, part, names) => {
    if (part !== 'whole') return undefined;
    const text = value.toString('utf8');
    const known = names.objectClassName(text);
    if (known !== undefined) return categoryOf(known);
    const first = resolveDn(text, names)?.rdns[0]?.[0]?.value;
    return first === undefined ? undefined : String(first).toLowerCase();
  },
};

interface Comparison {
  readonly preparation: Preparation;
  readonly ordering?: true;
  readonly substring?: true;
  readonly syntax: string;
}

/** By the name that the attribute table gives to a syntax. */
const comparisons = {
  unicode: { preparation: unicode, ordering: true, substring: true, syntax: adSyntax.unicode },
  teletex: { preparation: unicode, ordering: true, substring: true, syntax: adSyntax.teletex },
  ia5: { preparation: caseExactIa5, ordering: true, substring: true, syntax: adSyntax.ia5 },
  printable: { preparation: caseExact, ordering: true, substring: true, syntax: adSyntax.printable },
  numeric: { preparation: numeric, ordering: true, substring: true, syntax: adSyntax.numeric },
  oid: { preparation: objectIdentifier, syntax: adSyntax.oid },
  dn: { preparation: distinguishedName, syntax: adSyntax.dn },
  category: { preparation: category, syntax: adSyntax.dn },
  boolean: { preparation: boolean, syntax: adSyntax.boolean },
  integer: { preparation: integer, ordering: true, syntax: adSyntax.integer },
  large: { preparation: integer, ordering: true, syntax: adSyntax.large },
  time: { preparation: generalizedTime, ordering: true, syntax: adSyntax.time },
  octets: { preparation: octets, ordering: true, syntax: adSyntax.octets },
  sid: { preparation: sid, syntax: adSyntax.octets },
} as const satisfies Readonly<Record<string, Comparison>>;

export type Kind = keyof typeof comparisons;

export interface KindRules {
  readonly syntax: string;
  readonly equality: string;
  readonly ordering?: string;
  readonly substring?: string;
}

export function rulesOf(kind: Kind): KindRules {
  const { syntax, ...comparison }: Comparison = comparisons[kind];
  return {
    syntax,
    equality: `${kind} equality`,
    ...(comparison.ordering && { ordering: `${kind} ordering` }),
    ...(comparison.substring && { substring: `${kind} substring` }),
  };
}

export const matchingRules: readonly MatchingRule[] = Object.entries<Comparison>(comparisons).flatMap(([kind, comparison]) =>
  (['equality', 'ordering', 'substring'] as const)
    .filter((use) => use === 'equality' || comparison[use] === true)
    .map((use) => ({ oid: `${kind} ${use}`, name: `${kind} ${use}`, syntax: comparison.syntax, use, preparation: comparison.preparation })),
);
