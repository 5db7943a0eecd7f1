// Findings about single LDAP attributes against the subschema: existence, class, number of values, syntax, and whether a client may write them.
// RFC 4512 sections 2.5 and 4.1; RFC 4517 (syntaxes); L-010, L-016, L-069.
import { allAttributesOf, type AttributeType, type DirectorySchema } from '../../ldap/schema.ts';
import { nearest } from '../nearest.ts';
import { type Finding, inMapping, listSome } from './finding.ts';
import type { ResourceFacts, ServerFacts } from './facts.ts';
import { codecName, type ResourceUses, type Use } from './uses.ts';

export interface LintContext {
  readonly schema: DirectorySchema;
  readonly vendor: ServerFacts['vendor'];
  readonly facts: ResourceFacts | undefined;
}

export const isActiveDirectory = (vendor: ServerFacts['vendor']): boolean => vendor === 'active-directory' || vendor === 'samba-ad';

export function lintAttributes(resource: ResourceUses, context: LintContext): readonly Finding[] {
  return resource.uses.flatMap((use): readonly Finding[] => {
    const type = context.schema.attribute(use.ldap);
    if (!type) return unknownAttribute(use, context);
    return [...lintClass(use, type, resource, context), ...lintValues(use, type), ...lintSyntax(use, type), ...lintWriting(use, type)];
  });
}

const arrow = (use: Use): string => `${use.label} -> ${use.ldap}`;

function unknownAttribute(use: Use, { schema, vendor }: LintContext): readonly Finding[] {
  if (use.role === 'memberships') {
    const advice = 'switch it on (on OpenLDAP the overlay memberof), or write memberships: { reverse: Group }';
    return [
      inMapping(
        'error',
        'memberof-missing',
        use.at,
        `${arrow(use)}: the server has no attribute ${use.ldap}, so groups would always be empty`,
        advice,
      ),
    ];
  }
  if (use.role === 'state' && use.ldap === 'pwdAccountLockedTime') {
    return [
      inMapping(
        'error',
        'attribute-unknown',
        use.at,
        `${arrow(use)}: the server has no password policy attributes`,
        'load the overlay ppolicy, or use an attribute of your own under accountState',
      ),
    ];
  }
  // Computed on reading: not in every server's published schema.
  if (!use.writes && isActiveDirectory(vendor) && /^(tokengroups|primarygroupid)$/i.test(use.ldap)) return [];
  const best = nearest(
    use.ldap,
    schema.attributes.flatMap((type) => type.names),
  );
  const severity = use.writes || use.role === 'id' ? 'error' : 'warn';
  const effect = use.role === 'id' ? 'no entry would have an id' : use.writes ? 'writing it fails' : 'it never has a value';
  return [
    inMapping(
      severity,
      'attribute-unknown',
      use.at,
      `${arrow(use)}: the server's schema has no attribute ${use.ldap}; ${effect}`,
      best === undefined ? 'map another attribute, or add this one to the schema' : `did you mean ${best}?`,
    ),
  ];
}

/** Classes whose entries may hold anything. */
const anything = /^extensibleobject$/i;

function lintClass(
  use: Use,
  type: AttributeType,
  { definition }: ResourceUses,
  { schema, vendor, facts }: LintContext,
): readonly Finding[] {
  const classes = definition.create?.objectClasses;
  if (!classes || type.operational || classes.some((name) => anything.test(name)) || use.role === 'rdn' || use.role === 'memberships')
    return [];
  const { must, may } = allAttributesOf(schema, classes);
  const name = type.name.toLowerCase();
  if (must.has(name) || may.has(name) || type.names.some((other) => facts?.allowed?.has(other.toLowerCase()))) return [];
  // What auxiliary classes add there is not published with the object classes; one entry tells.
  if (isActiveDirectory(vendor) && facts?.allowed === undefined) return [];
  const homes = schema.objectClasses.filter((each) => [...each.must, ...each.may].some((part) => part.toLowerCase() === name));
  const auxiliary = homes.filter((each) => each.kind === 'auxiliary').map((each) => each.name);
  const others = homes.filter((each) => each.kind === 'structural').map((each) => each.name);
  const advice =
    auxiliary.length > 0
      ? `add the auxiliary class ${listSome(auxiliary, 4)} to create.objectClasses`
      : others.length > 0
        ? `only entries of the class ${listSome(others, 4)} have it: map another attribute`
        : 'no class of the schema allows it: map another attribute';
  const message = `${arrow(use)}: none of ${classes.join(', ')} allows ${use.ldap}`;
  return [
    inMapping(
      use.writes ? 'error' : 'hint',
      'attribute-not-allowed',
      use.at,
      use.writes ? `${message}, so writing it fails` : message,
      advice,
    ),
  ];
}

function lintValues(use: Use, type: AttributeType): readonly Finding[] {
  if (!use.many || !type.singleValue) return [];
  const message = `${arrow(use)}: SCIM has a list here, and ${use.ldap} is SINGLE-VALUE: the second value is refused`;
  const advice =
    use.target?.attribute.type === 'complex' && use.role === 'value'
      ? 'map it as a slot, or another attribute'
      : 'map a multi-valued attribute';
  return [inMapping(use.writes ? 'error' : 'warn', 'single-valued-target', use.at, message, advice)];
}

function lintWriting(use: Use, type: AttributeType): readonly Finding[] {
  if (!use.writes || !type.noUserModification || use.role === 'state') return [];
  const message = `${arrow(use)}: only the server itself writes ${use.ldap} (NO-USER-MODIFICATION)`;
  return [
    inMapping(
      'error',
      'server-writes-it',
      use.at,
      message,
      use.role === 'value' || use.role === 'reference' ? 'write access: readOnly' : 'take another attribute',
    ),
  ];
}

const base = '1.3.6.1.4.1.1466.115.121.1.';
const syntaxes = {
  boolean: [`${base}7`],
  dn: [`${base}12`, `${base}34`],
  time: [`${base}24`, `${base}53`],
  integer: [`${base}27`, '1.2.840.113556.1.4.906'],
  numeric: [`${base}36`],
  octets: [`${base}40`, `${base}5`, `${base}28`, `${base}8`, '1.2.840.113556.1.4.907', `${base}66`],
  uuid: ['1.3.6.1.1.16.1'],
};
type SyntaxKind = keyof typeof syntaxes | 'text';

function syntaxKind({ syntax }: AttributeType): SyntaxKind | undefined {
  if (syntax === undefined) return undefined;
  const found = Object.entries(syntaxes).find(([, oids]) => oids.includes(syntax));
  return found ? (found[0] as SyntaxKind) : 'text';
}

const words: Readonly<Record<SyntaxKind, string>> = {
  boolean: 'a Boolean',
  dn: 'a DN',
  time: 'a time',
  integer: 'an integer',
  numeric: 'a numeric string',
  octets: 'octets',
  uuid: 'a UUID as text',
  text: 'text',
};

/** The syntaxes that a codec can live with; absent: any. */
const fitting: ReadonlyMap<string, readonly SyntaxKind[]> = new Map<string, readonly SyntaxKind[]>([
  ['string', ['text', 'integer', 'numeric', 'uuid', 'boolean', 'time']],
  ['prefix', ['text']],
  ['split', ['text']],
  ['json', ['text']],
  ['postalAddress', ['text']],
  ['guid', ['octets']],
  ['sid', ['octets']],
  ['generalizedTime', ['time']],
  ['filetime', ['integer', 'text', 'numeric']],
  ['epochDays', ['integer', 'text', 'numeric']],
  ['int', ['integer', 'numeric', 'text']],
  ['bit', ['integer', 'numeric']],
  ['base64', ['octets', 'text']],
  ['dn', ['dn', 'text']],
]);

function lintSyntax(use: Use, type: AttributeType): readonly Finding[] {
  const kind = syntaxKind(type);
  if (kind === undefined) return [];
  const wrong = (severity: 'error' | 'warn', why: string, advice: string) => [
    inMapping(severity, 'syntax-mismatch', use.at, `${arrow(use)}: ${why}`, advice),
  ];
  switch (use.role) {
    case 'reference':
    case 'membership':
    case 'memberships':
      return kind === 'dn'
        ? []
        : wrong(
            'error',
            `a reference needs DNs, and ${use.ldap} holds ${words[kind]}`,
            'map an attribute with DN syntax, or drop `reference`',
          );
    case 'set':
    case 'rdn':
    case 'state':
    case 'marker':
    case 'password':
      return [];
    default:
      break;
  }
  const codec = codecName(use);
  if (codec === 'boolean' || codec === 'enum') return lintTokens(use, kind, wrong);
  if (codec === 'string' && kind === 'dn')
    return wrong('warn', 'clients would see DNs', 'write reference: { to: [User] }, or codec: dn if that is meant');
  if (codec === 'string' && use.writes && ['integer', 'numeric', 'boolean', 'time', 'uuid'].includes(kind)) {
    return wrong(
      'warn',
      `${use.ldap} holds ${words[kind]}: other text from a client is refused by the server`,
      kind === 'time'
        ? 'map a dateTime attribute with codec: generalizedTime'
        : 'add validate: { pattern: … } to refuse it with a clear message',
    );
  }
  const fits = fitting.get(codec);
  if (!fits || fits.includes(kind)) return [];
  return wrong('error', `the codec ${codec} does not fit: ${use.ldap} holds ${words[kind]}`, adviceFor(kind, use));
}

function adviceFor(kind: SyntaxKind, { ldap }: Use): string {
  switch (kind) {
    case 'octets':
      return /guid$/i.test(ldap) ? 'write codec: guid' : /sid$/i.test(ldap) ? 'write codec: sid' : 'write codec: base64';
    case 'time':
      return 'write codec: generalizedTime';
    case 'dn':
      return 'write reference: { to: [User] } or codec: dn';
    case 'uuid':
    case 'text':
      return 'remove the codec, or map another attribute';
    default:
      return 'choose a codec for numbers, or map another attribute';
  }
}

/** A Boolean holds TRUE and FALSE and nothing else (RFC 4517 section 3.3.3). */
function lintTokens(
  use: Use,
  kind: SyntaxKind,
  wrong: (severity: 'error' | 'warn', why: string, advice: string) => readonly Finding[],
): readonly Finding[] {
  const { boolean, enum: pairs } = use.codec ?? {};
  const values = boolean ? [boolean.true, boolean.false] : pairs ? Object.values(pairs) : ['TRUE', 'FALSE'];
  const refused = values.filter((value) =>
    kind === 'boolean' ? !/^(TRUE|FALSE)$/.test(value) : kind === 'integer' ? !/^-?\d+$/.test(value) : false,
  );
  if (refused.length === 0 && !['dn', 'octets', 'time', 'uuid'].includes(kind)) return [];
  const advice =
    kind === 'boolean'
      ? 'write codec: boolean'
      : kind === 'integer'
        ? 'write codec: { boolean: { true: "1", false: "0" } }'
        : 'map another attribute';
  return wrong(
    'error',
    `${use.ldap} holds ${words[kind]}, which ${refused.length > 0 ? refused.map((value) => JSON.stringify(value)).join(' and ') : 'these values'} cannot be`,
    advice,
  );
}
