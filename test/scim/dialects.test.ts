// The dialects as data: `strict` deviates in nothing, every other one is what its client needs.
import { describe, expect, it } from 'vitest';
import {
  compat,
  deviations,
  dialects,
  entra,
  entraRoles,
  findDialect,
  interopProfile,
  okta,
  onelogin,
  strict,
} from '../../src/scim/dialects.ts';

describe('dialects', () => {
  it.each(['compat', 'strict', 'interop-profile', 'entra', 'entra-roles', 'okta', 'onelogin'])('finds %s by its name', (name) => {
    expect(findDialect(name)?.name).toBe(name);
  });

  it.each(['', 'Strict', '__proto__', 'constructor', 'toString'])('finds no dialect named %j', (name) => {
    expect(findDialect(name)).toBeUndefined();
  });

  it('names every dialect once', () => {
    expect([...dialects.keys()]).toEqual(['compat', 'strict', 'interop-profile', 'entra', 'entra-roles', 'okta', 'onelogin']);
  });

  it('strict deviates in nothing and compat in everything that clients need', () => {
    const { name: _strict, ...strictFields } = strict;
    const { name: _compat, ...compatFields } = compat;
    expect(Object.values(strictFields).filter((field) => field === true)).toEqual([]);
    expect(Object.values(compatFields).filter((field) => field === false)).toEqual([]);
    expect(strict.unknownAttributes).toBe('reject');
    expect(compat.unknownAttributes).toBe('ignore');
  });

  it('the interoperability profile is strict but for its two narrower rules', () => {
    expect(interopProfile).toEqual({ ...strict, name: 'interop-profile', pathlessPatch: 'reject', complexReplace: 'replace' });
  });

  it.each([entra, okta])('$name is compat under its own name', (dialect) => {
    expect({ ...dialect, name: 'compat' }).toEqual(compat);
  });

  it('entra-roles is entra that takes JSON texts apart', () => {
    expect(entraRoles).toEqual({ ...entra, name: 'entra-roles', jsonText: 'unwrap' });
  });

  it('onelogin is compat with one media type for all answers', () => {
    expect(onelogin).toEqual({ ...compat, name: 'onelogin', responseMediaType: 'application/json' });
  });

  it('every field of a dialect is a described deviation that some dialect has', () => {
    const { name: _name, ...fields } = strict;
    expect(Object.keys(deviations)).toEqual(Object.keys(fields));
    for (const field of Object.keys(deviations) as (keyof typeof deviations)[]) {
      expect([...dialects.values()].some((dialect) => dialect[field] !== strict[field])).toBe(true);
      for (const text of Object.values(deviations[field])) expect(text).toMatch(/\S/);
    }
  });
});
