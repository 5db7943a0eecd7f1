import { describe, expect, it } from 'vitest';
import { formatPath, parsePath, resolveContainer, resolvePath } from '../../src/scim/path.ts';
import { coreUrn, enterpriseUrn, groupType, userType } from './sample.ts';

describe('parsePath', () => {
  it.each([
    ['userName', { attribute: 'userName' }],
    ['name.givenName', { attribute: 'name', sub: 'givenName' }],
    ['members.$ref', { attribute: 'members', sub: '$ref' }],
    ['x-y_1', { attribute: 'x-y_1' }],
    [`${coreUrn}:userName`, { urn: coreUrn, attribute: 'userName' }],
    [`${enterpriseUrn}:manager.displayName`, { urn: enterpriseUrn, attribute: 'manager', sub: 'displayName' }],
    ['http://schemas.example.com/2.0/X:a', { urn: 'http://schemas.example.com/2.0/X', attribute: 'a' }],
  ])('%s splits the URN off at its last colon (R-117, T-029)', (text, path) => {
    expect(parsePath(text)).toEqual(path);
    expect(formatPath(path)).toBe(text);
  });

  it.each([
    '',
    '.',
    'a.',
    '.a',
    'a.b.c',
    '1a',
    '-a',
    'a b',
    ' a',
    'a[b]',
    'a"',
    ':a',
    'urn:',
    'a:b',
    'urn:x:y:',
    'urn:x y:z:a',
    'é',
    '/emails',
  ])('%j is no path', (text) => {
    expect(parsePath(text)).toBeUndefined();
  });
});

describe('resolvePath', () => {
  const resolve = (text: string, options = {}): string | undefined => {
    const path = parsePath(text);
    return path && resolvePath(path, userType, options)?.name;
  };

  it.each([
    ['USERNAME', 'userName'],
    ['name.GIVENNAME', 'name.givenName'],
    ['meta.lastmodified', 'meta.lastModified'],
    ['externalid', 'externalId'],
    ['groups.$REF', 'groups.$ref'],
    [`${coreUrn}:userName`, 'userName'],
    [`${coreUrn.toUpperCase()}:name.familyName`, 'name.familyName'],
    [`${coreUrn}:id`, 'id'],
    [`${enterpriseUrn}:EmployeeNumber`, `${enterpriseUrn}:employeeNumber`],
    [`${enterpriseUrn.toLowerCase()}:manager.value`, `${enterpriseUrn}:manager.value`],
  ])('%s is %s (R-010, R-117, R-118)', (text, name) => {
    expect(resolve(text)).toBe(name);
  });

  it.each([
    'nope',
    'name.nope',
    'userName.value',
    'manager',
    'employeeNumber',
    `${enterpriseUrn}:userName`,
    `${enterpriseUrn}:id`,
    `${groupType.schema.id}:members`,
    enterpriseUrn,
    '__proto__',
    'constructor',
  ])('%s does not exist (R-118)', (text) => {
    expect(resolve(text)).toBeUndefined();
  });

  it('tells where the attribute is', () => {
    const path = parsePath(`${enterpriseUrn}:manager.value`);
    expect(path && resolvePath(path, userType)).toMatchObject({
      extension: enterpriseUrn,
      attribute: { name: 'manager' },
      sub: { name: 'value' },
    });
    expect(resolvePath({ attribute: 'title' }, userType)).toMatchObject({
      extension: undefined,
      attribute: { name: 'title' },
      sub: undefined,
    });
  });

  it('finds an extension attribute without its URN only if asked to, and never in the place of a core one', () => {
    expect(resolve('manager.value', { unqualified: true })).toBe(`${enterpriseUrn}:manager.value`);
    expect(resolve('title', { unqualified: true })).toBe('title');
    expect(resolve('nope', { unqualified: true })).toBeUndefined();
  });

  it('does not guess between two extensions', () => {
    const [enterprise] = userType.extensions;
    if (!enterprise) throw new Error('no extension');
    const twin = { ...enterprise, schema: { ...enterprise.schema, id: 'urn:example:twin' } };
    const type = { ...userType, extensions: [enterprise, twin] };
    expect(resolvePath({ attribute: 'manager' }, type, { unqualified: true })).toBeUndefined();
  });
});

describe('resolveContainer', () => {
  it.each([
    [enterpriseUrn, enterpriseUrn],
    [enterpriseUrn.toUpperCase(), enterpriseUrn],
    [coreUrn.toLowerCase(), coreUrn],
    ['userName', undefined],
    ['urn:example:nope', undefined],
    [`${enterpriseUrn}:manager`, undefined],
  ])('%s is %s (R-163)', (text, urn) => {
    expect(resolveContainer(text, userType)).toBe(urn);
  });
});
