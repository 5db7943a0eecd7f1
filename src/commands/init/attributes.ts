// Which SCIM attributes of people differ from the preset: what the entries cannot have goes, what they have and the preset lacks comes.
import type { ResourceDefinition } from '../../mapping/definition.ts';
import { countUse, type Findings, isPossible } from './findings.ts';
import { type AttributeDefinition, type Elements, keepElements, ldapNamesOf } from './preset.ts';
import { idAttributes, type Population } from './survey.ts';
import { line, type Line } from './yaml-text.ts';

export interface AttributeProposal {
  readonly lines: readonly Line[];
  readonly notes: readonly string[];
  /** LDAP attributes in lower case with the SCIM path that writes them. */
  readonly written: ReadonlyMap<string, string>;
}

/** What identifies people, where the attribute of the preset does not. */
export function chooseUserName({ attributes }: ResourceDefinition, people: Population): string {
  const [usual = 'uid'] = ldapNamesOf(attributes['userName'] ?? null);
  return [usual, 'uid', 'mail', 'cn'].find((ldap) => countUse(people, ldap) >= people.sampled * 0.95) ?? usual;
}

export function proposeAttributes(
  findings: Findings,
  resource: ResourceDefinition,
  userName: string,
  withGroups: boolean,
): AttributeProposal {
  const { people } = findings;
  const choice: Choice = { findings, resource, userName, withGroups, possible: isPossible(findings, people), written: new Map() };
  const state = proposeState(choice);
  const known = Object.entries(resource.attributes).flatMap(([path, definition]) => proposeAttribute(choice, path, definition));
  const more = moreAttributes.flatMap(([ldap, path]): readonly Line[] => {
    if (resource.attributes[path] || !isFree(choice, ldap) || countUse(people, ldap) === 0) return [];
    write(choice, path, [ldap]);
    return [line(at(path), ldap, describeWords(people, ldap) ?? `${countUse(people, ldap)} of ${people.sampled} people have it`)];
  });
  return { lines: [...state, ...known, ...more], notes: describeRest(choice), written: choice.written };
}

interface Choice {
  readonly findings: Findings;
  readonly resource: ResourceDefinition;
  readonly userName: string;
  readonly withGroups: boolean;
  readonly possible: (ldap: string) => boolean;
  readonly written: Map<string, string>;
}

const at = (...path: readonly string[]): readonly string[] => ['resources', 'User', 'attributes', ...path];

function write({ written }: Choice, path: string, names: readonly string[]): void {
  for (const name of names) written.set(name.toLowerCase(), path);
}

const isFree = ({ possible, written }: Choice, ldap: string): boolean => possible(ldap) && !written.has(ldap.toLowerCase());

function proposeAttribute(choice: Choice, path: string, definition: AttributeDefinition): readonly Line[] {
  const { findings, possible, userName } = choice;
  const names = ldapNamesOf(definition);
  if (definition?.elements) return proposeElements(choice, path, definition.elements);
  if (definition?.memberships) return proposeMemberships(choice, path, definition);
  if (path === 'userName' && names[0]?.toLowerCase() !== userName.toLowerCase()) {
    write(choice, path, [userName]);
    return [line(at(path, 'ldap'), userName, 'nearly everybody has it')];
  }
  if (path === 'externalId' && !findings.isUniform) return proposeExternalId(choice, names);
  if (path === 'displayName' && names.every(possible) && isShownByCn(choice)) {
    write(choice, path, ['displayName']);
    const { people } = findings;
    const value = { ldap: null, read: '{displayName|cn}', write: [{ ldap: 'displayName', value: '{value}' }] };
    return [
      line(at(path), value, `${people.sampled - countUse(people, 'displayName')} of ${people.sampled} people have none: their cn is shown`),
    ];
  }
  const impossible = names.filter((name) => !possible(name));
  if (impossible.length > 0) return [line(at(path), null, `people here cannot have ${impossible.join(', ')}`)];
  write(choice, path, names);
  return [];
}

function isShownByCn({ findings: { people, isUniform }, userName }: Choice): boolean {
  return !isUniform && userName !== 'cn' && countUse(people, 'displayName') * 2 < people.sampled;
}

function proposeElements(choice: Choice, path: string, elements: Elements): readonly Line[] {
  const { findings, possible, userName } = choice;
  const types = new Set(elements.map(({ match }) => match['type']));
  const added = (moreElements.get(path) ?? []).filter(
    ({ type, ldap }) => !types.has(type) && isFree(choice, ldap) && countUse(findings.people, ldap) > 0,
  );
  const kept = keepElements(elements, possible);
  const all = [...kept, ...added.map(({ type, ldap }) => ({ match: { type }, slot: { value: ldap } }))];
  if (all.length === 0) return [line(at(path), null, 'people here can have none')];
  const ldap = elements.flatMap(({ slot, list }) => Object.values(slot ?? list ?? {}).map((part) => part.ldap));
  write(
    choice,
    path,
    [...ldap.filter(possible), ...added.map((element) => element.ldap)].filter((name) => name !== userName),
  );
  const reason = added.length > 0 ? `${added.map((element) => element.ldap).join(', ')}: in use here` : 'what people here can have';
  const changed = added.length > 0 || JSON.stringify(kept) !== JSON.stringify(keepElements(elements, () => true));
  return [
    ...(changed ? [line(at(path, 'elements'), all, reason)] : []),
    ...(ldap.includes(userName) ? [line(at(path, 'access'), 'readOnly', `${userName} is the userName, and is changed there`)] : []),
  ];
}

function proposeMemberships(
  { withGroups, findings }: Choice,
  path: string,
  { memberships }: NonNullable<AttributeDefinition>,
): readonly Line[] {
  if (!withGroups) return [line(at(path), null)];
  if (!findings.trustsMemberOf || memberships?.reverse === undefined) return [];
  return [
    line(at(path, 'memberships'), { direct: 'memberOf', reverse: null }, 'the memberof overlay keeps it: faster than searching the groups'),
  ];
}

/** An attribute that nobody has, so that nothing is lost. */
function proposeExternalId(choice: Choice, names: readonly string[]): readonly Line[] {
  const ldap = [...names, 'carLicense', 'businessCategory', 'roomNumber'].find((name) => isUnused(choice, name));
  if (ldap === undefined) return [line(at('externalId'), null, 'every attribute that could hold it is in use: add one to your schema')];
  write(choice, 'externalId', [ldap]);
  return names.includes(ldap) ? [] : [line(at('externalId', 'ldap'), ldap, `${names.join(', ')} is in use here, this one is not`)];
}

const isUnused = (choice: Choice, ldap: string): boolean => isFree(choice, ldap) && countUse(choice.findings.people, ldap) === 0;

/** An own attribute for `active` must hold nothing else. */
function proposeState(choice: Choice): readonly Line[] {
  const { findings, resource, possible } = choice;
  const { ldap, activeValue, inactiveValue } = resource.accountState ?? {};
  if (findings.isUniform || ldap === undefined) return [];
  const path = ['resources', 'User', 'accountState'];
  const words = [...(findings.people.words.get(ldap.toLowerCase())?.keys() ?? [])];
  const isOurs = possible(ldap) && words.every((word) => word === activeValue || word === inactiveValue);
  const chosen = isOurs ? ldap : ['businessCategory', 'destinationIndicator', 'roomNumber'].find((name) => isUnused(choice, name));
  if (chosen === undefined) return [line(path, null, `no attribute is free for \`active\`: ${ldap} holds something else`)];
  write(choice, 'active', [chosen]);
  return isOurs
    ? []
    : [line([...path, 'ldap'], chosen, `holds \`active\`, as ${ldap} holds something else; name what your applications look at`)];
}

/** Attributes that presets leave out, mapped where they are in use. */
const moreAttributes: readonly (readonly [ldap: string, path: string])[] = [
  ['employeeType', 'userType'],
  ['personalTitle', 'name.honorificPrefix'],
  ['generationQualifier', 'name.honorificSuffix'],
  ['middleName', 'name.middleName'],
];

const moreElements: ReadonlyMap<string, readonly { readonly type: string; readonly ldap: string }[]> = new Map([
  [
    'phoneNumbers',
    [
      { type: 'fax', ldap: 'facsimileTelephoneNumber' },
      { type: 'pager', ldap: 'pager' },
    ],
  ],
]);

const mostWords = 8;

/** The words of an attribute that holds categories: what an `enum` would have to name. */
function describeWords({ words }: Population, ldap: string): string | undefined {
  const seen = [...(words.get(ldap.toLowerCase()) ?? [])];
  if (seen.length === 0 || seen.length > mostWords) return undefined;
  const found = seen.map(([word, count]) => `${JSON.stringify(word)} (${count})`).join(', ');
  const pairs = seen.map(([word]) => `${JSON.stringify(word)}: ${JSON.stringify(word)}`).join(', ');
  return `found: ${found}; for other words in SCIM: { ldap: ${ldap}, codec: { enum: { ${pairs} } } }`;
}

const mostListed = 20;

/** What people have and no SCIM attribute shows. */
function describeRest({ findings, resource, written }: Choice): readonly string[] {
  const { people, schema, isUniform } = findings;
  const silent = new Set([
    'objectclass',
    'userpassword',
    'cn',
    'memberof',
    ...idAttributes.map((name) => name.toLowerCase()),
    ...written.keys(),
    ...Object.keys(resource.set ?? {}).map((name) => name.toLowerCase()),
  ]);
  const rest = [...people.filled].filter(([name]) => !silent.has(name)).slice(0, mostListed);
  if (isUniform || rest.length === 0) return [];
  return [
    `In use and not mapped, with how many have it: ${rest.map(([name, n]) => `${schema.attribute(name)?.name ?? name} ${n}`).join(', ')}.`,
  ];
}
