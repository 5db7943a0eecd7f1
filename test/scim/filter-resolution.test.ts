import { describe, expect, it } from 'vitest';
import { ScimError } from '../../src/scim/error.ts';
import { parseFilter, resolveFilter, resolveValueFilter, type FilterOptions, type ResolvedFilter } from '../../src/scim/filter.ts';
import { parsePath, resolvePath } from '../../src/scim/path.ts';
import { badgeUrn, coreUrn, enterpriseUrn, groupType, smallUserType, userType } from './sample.ts';

const resolve = (text: string, options: FilterOptions = {}, type = userType): ResolvedFilter =>
  resolveFilter(parseFilter(text, options), type, options);

/** A resolved filter in one line; not SCIM syntax, so that no two trees look alike. */
const show = (filter: ResolvedFilter): string => {
  switch (filter.kind) {
    case 'constant':
      return String(filter.value);
    case 'and':
    case 'or':
      return `${filter.kind}(${filter.filters.map(show).join(', ')})`;
    case 'not':
      return `not(${show(filter.filter)})`;
    case 'present':
      return `pr(${filter.attribute.name})`;
    case 'compare':
      return `${filter.operator}(${filter.attribute.name}, ${JSON.stringify(filter.value)})`;
    case 'valuePath':
      return `${filter.attribute.name}[${show(filter.filter)}]`;
  }
};

const failure = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof ScimError && error.scimType === 'invalidFilter' && error.status === 400) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('resolveFilter', () => {
  it.each([
    ['USERNAME eq "x"', 'eq(userName, "x")'],
    ['name.familyName co "x"', 'co(name.familyName, "x")'],
    [`${coreUrn}:name.familyName sw "x"`, 'sw(name.familyName, "x")'],
    [`${enterpriseUrn.toLowerCase()}:Manager.Value ew "x"`, `ew(${enterpriseUrn}:manager.value, "x")`],
    ['userName ne "x"', 'not(eq(userName, "x"))'],
    ['userName eq null', 'not(pr(userName))'],
    ['userName ne null', 'pr(userName)'],
    ['name eq null', 'not(pr(name))'],
    ['emails eq "x"', 'eq(emails.value, "x")'],
    ['emails ne "x"', 'not(eq(emails.value, "x"))'],
    ['emails pr', 'pr(emails)'],
    ['emails eq null', 'not(pr(emails))'],
    ['emails.type eq "work" and emails.value co "@x"', 'and(eq(emails.type, "work"), co(emails.value, "@x"))'],
    ['emails[type eq "work" and value co "@x"]', 'emails[and(eq(emails.type, "work"), co(emails.value, "@x"))]'],
    ['emails[TYPE ne "work"]', 'emails[not(eq(emails.type, "work"))]'],
    ['name[givenName eq "x"]', 'name[eq(name.givenName, "x")]'],
    [`${badgeUrn}:doors[value eq "x" or value pr]`, `${badgeUrn}:doors[or(eq(${badgeUrn}:doors, "x"), pr(${badgeUrn}:doors))]`],
    [`${badgeUrn}:doors eq "x"`, `eq(${badgeUrn}:doors, "x")`],
    ['active eq true', 'eq(active, true)'],
    [`${badgeUrn}:number gt 5`, `gt(${badgeUrn}:number, 5)`],
    [`${badgeUrn}:weight le 1.5`, `le(${badgeUrn}:weight, 1.5)`],
    ['userName gt "x"', 'gt(userName, "x")'],
    ['meta.lastModified ge "0001-01-03T00:00:00.0000000Z"', 'ge(meta.lastModified, "0001-01-03T00:00:00.0000000Z")'],
    ['x509Certificates.value eq "AAEC"', 'eq(x509Certificates.value, "AAEC")'],
    ['groups.$ref sw "https://x"', 'sw(groups.$ref, "https://x")'],
  ])('%s is %s (D-04 to D-06, R-117, R-118)', (text, resolved) => {
    expect(show(resolve(text))).toBe(resolved);
  });

  it.each([
    ['nope eq "x"', 'Unknown attribute "nope"'],
    ['name.nope eq "x"', 'Unknown attribute "name.nope"'],
    ['nope pr', 'Unknown attribute "nope"'],
    ['nope[a pr]', 'Unknown attribute "nope"'],
    ['emails[nope pr]', 'Unknown attribute "nope"'],
    ['emails[emails.type eq "x"]', 'Unknown attribute "emails.type"'],
    ['emails[type.value eq "x"]', 'Unknown attribute "type.value"'],
    [`emails[${coreUrn}:type eq "x"]`, `Unknown attribute "${coreUrn}:type"`],
    ['emails[userName eq "x"]', 'Unknown attribute "userName"'],
    ['employeeNumber eq "x"', 'Unknown attribute "employeeNumber"'],
    ['toString eq "x"', 'Unknown attribute "toString"'],
    ['constructor pr', 'Unknown attribute "constructor"'],
  ])('%s: %s (D-07)', (text, message) => {
    expect(failure(() => resolve(text))).toBe(message);
  });

  it.each([
    'active gt true',
    'active co "t"',
    'active eq "true"',
    'active eq 1',
    'userName eq 5',
    'userName eq true',
    'userName gt null',
    'userName co null',
    'userName[value eq "x"]',
    'emails.value[value eq "x"]',
    'name eq "x"',
    'name.familyName[value eq "x"]',
    'addresses eq "x"',
    'addresses[value eq "x"]',
    'emails gt true',
    'profileUrl gt "x"',
    'profileUrl le "x"',
    'x509Certificates.value co "AA"',
    'x509Certificates.value gt "AA"',
    'meta.created gt "yesterday"',
    'meta.created eq "2011-05-13"',
    'meta.created sw "2011"',
    'meta.created gt 2011',
    `${badgeUrn}:number eq "5"`,
    `${badgeUrn}:number co 5`,
    `${badgeUrn}:number sw "5"`,
    `${badgeUrn}:doors[pin eq "x"]`,
    `${enterpriseUrn}:manager eq "x"`,
    'password eq "x"',
    'password pr',
    'password ne null',
    `${badgeUrn}:pin eq "x"`,
    `${badgeUrn}:maker.secret eq "x"`,
    `${badgeUrn}:maker[secret pr]`,
  ])('%s is an invalidFilter (R-079, R-111, R-121, R-122)', (text) => {
    expect(failure(() => resolve(text))).toContain('"');
  });

  it('never repeats a value in an error', () => {
    expect(failure(() => resolve('meta.created gt "hunter2"'))).not.toContain('hunter2');
    expect(failure(() => resolve('password eq "hunter2"'))).not.toContain('hunter2');
  });

  it('knows only what the type has', () => {
    expect(failure(() => resolve('title pr', {}, smallUserType))).toContain('title');
    expect(failure(() => resolve('emails[display pr]', {}, smallUserType))).toContain('display');
    expect(failure(() => resolve('externalId eq "x"', {}, smallUserType))).toContain('externalId');
  });
});

describe('schemas and meta.resourceType follow from the type', () => {
  const attributes = (urn: string, names: string): string =>
    `or(${names
      .split(' ')
      .map((name) => `pr(${urn}:${name})`)
      .join(', ')})`;
  const enterprise = attributes(enterpriseUrn, 'employeeNumber costCenter organization division department manager');
  const badge = attributes(badgeUrn, 'number weight issued picture serial doors maker');

  it.each([
    [`schemas eq "${coreUrn}"`, 'true'],
    [`schemas eq "${coreUrn.toUpperCase()}"`, 'true'],
    [`schemas eq "${enterpriseUrn}"`, enterprise],
    [`schemas ne "${enterpriseUrn}"`, `not(${enterprise})`],
    [`schemas eq "${badgeUrn}"`, badge],
    ['schemas eq "urn:x"', 'false'],
    ['schemas sw "urn:ietf:"', 'true'],
    ['schemas co ":enterprise:"', enterprise],
    ['schemas pr', 'true'],
    ['schemas eq null', 'not(true)'],
    [`schemas[value eq "${badgeUrn}"]`, badge],
    ['meta.resourceType eq "User"', 'true'],
    ['meta.resourceType eq "user"', 'false'],
    ['meta.resourceType eq "Group"', 'false'],
    ['meta.resourceType ne "Group"', 'not(false)'],
    ['meta.resourceType pr', 'true'],
  ])('%s (R-105, R-119)', (text, resolved) => {
    expect(show(resolve(text))).toBe(resolved);
  });

  it('an extension that is required is always in use', () => {
    const type = { ...userType, extensions: userType.extensions.map((extension) => ({ ...extension, required: true })) };
    expect(show(resolve(`schemas eq "${enterpriseUrn}"`, {}, type))).toBe('true');
  });
});

describe('resolveFilter, lenient', () => {
  it.each([
    ['active eq "True"', 'eq(active, true)'],
    ['active eq False', 'eq(active, false)'],
    ['roles[primary eq "True"].display eq x', 'roles[and(eq(roles.primary, true), eq(roles.display, "x"))]'],
    ['userName eq 5', 'eq(userName, "5")'],
    ['userName eq 007', 'eq(userName, "007")'],
    [`${badgeUrn}:number eq "5"`, `eq(${badgeUrn}:number, 5)`],
    ['manager eq "M"', `eq(${enterpriseUrn}:manager.value, "M")`],
    [`${enterpriseUrn}:manager eq "M"`, `eq(${enterpriseUrn}:manager.value, "M")`],
    ['id eq "X" and manager.displayName eq "M"', `and(eq(id, "X"), eq(${enterpriseUrn}:manager.displayName, "M"))`],
  ])('%s is %s', (text, resolved) => {
    expect(show(resolve(text, { lenient: true }))).toBe(resolved);
  });

  it.each(['active eq "yes"', 'active eq 1', 'name eq "x"', `${badgeUrn}:number eq "x"`, 'nope eq x', 'password eq x', 'userName eq true'])(
    'still refuses %s',
    (text) => {
      expect(failure(() => resolve(text, { lenient: true }))).toContain('"');
    },
  );
});

describe('resolveFilter for several types (D-07)', () => {
  const others = [userType, groupType];

  it.each([
    ['members.value eq "x"', 'false'],
    ['members.value ne "x"', 'not(false)'],
    ['members eq null', 'not(false)'],
    ['members pr or userName eq "x"', 'or(false, eq(userName, "x"))'],
    ['members[value eq "x"]', 'false'],
  ])('%s has no value here', (text, resolved) => {
    expect(show(resolve(text, { others }))).toBe(resolved);
  });

  it('refuses what no type has', () => {
    expect(failure(() => resolve('nope pr', { others }))).toContain('nope');
  });
});

describe('resolveValueFilter', () => {
  const resolveIn = (attribute: string, text: string): string => {
    const path = parsePath(attribute);
    const reference = path && resolvePath(path, userType);
    if (!reference) throw new Error(`no ${attribute}`);
    return show(resolveValueFilter(parseFilter(text), reference));
  };

  it('reads names as sub-attributes, and "value" as the element of a simple attribute', () => {
    expect(resolveIn('emails', 'type eq "work" and not (primary eq true)')).toBe(
      'and(eq(emails.type, "work"), not(eq(emails.primary, true)))',
    );
    expect(resolveIn(`${badgeUrn}:doors`, 'VALUE sw "x"')).toBe(`sw(${badgeUrn}:doors, "x")`);
  });

  it.each([
    ['userName', 'value eq "x"'],
    ['name.givenName', 'value eq "x"'],
    ['emails.value', 'value eq "x"'],
    ['emails', 'emails.value eq "x"'],
    ['emails', 'nope eq "x"'],
    ['emails', 'type eq 5'],
    [`${badgeUrn}:doors`, 'type eq "x"'],
  ])('%s[%s] is an invalidFilter', (attribute, text) => {
    expect(failure(() => resolveIn(attribute, text))).toContain('"');
  });
});
