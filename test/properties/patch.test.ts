// Laws of PATCH: it never changes its input, operations compose, what is added can be removed, replacing twice is replacing once,
// and a naive model of members and single values agrees.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compat, strict, type Dialect } from '../../src/scim/dialects.ts';
import { ScimError } from '../../src/scim/error.ts';
import { applyPatch, membershipDelta, parsePatch, type PatchOperation } from '../../src/scim/patch.ts';
import {
  enterpriseUserSchema,
  groupSchema,
  userSchema,
  type Json,
  type JsonObject,
  type Resource,
  type ResourceType,
} from '../../src/scim/schema.ts';

const enterprise = enterpriseUserSchema.id;
const userType: ResourceType = {
  name: 'User',
  endpoint: '/Users',
  description: 'User Account',
  schema: userSchema,
  extensions: [{ schema: enterpriseUserSchema, required: false }],
};
const groupType: ResourceType = { name: 'Group', endpoint: '/Groups', description: 'Group', schema: groupSchema, extensions: [] };

const word = fc.constantFrom('a', 'b', 'A', 'ab');
const kind = fc.constantFrom('work', 'home', 'other');
const email = fc.record({ type: kind, value: word });
const emails = fc.uniqueArray(email, { minLength: 1, maxLength: 4, selector: ({ type, value }) => `${type} ${value}` });

const user: fc.Arbitrary<Resource> = fc
  .record(
    {
      title: word,
      nickName: word,
      active: fc.boolean(),
      name: fc.record({ givenName: word, familyName: word }),
      emails,
      [enterprise]: fc.record({ department: word, manager: fc.record({ value: word }) }),
    },
    { requiredKeys: [] },
  )
  .map(
    (attributes) =>
      ({
        schemas: [userSchema.id, ...(enterprise in attributes ? [enterprise] : [])],
        id: 'u1',
        userName: 'ann',
        ...attributes,
      }) as Resource,
  );

const op = fc.constantFrom('add', 'replace', 'Add', 'Replace');
const operation = fc.oneof(
  fc.record({
    op,
    path: fc.constantFrom('title', 'nickName', 'name.givenName', `${enterprise}:department`),
    value: fc.oneof(word, fc.constant('')),
  }),
  fc.record({
    op,
    path: fc.constantFrom('manager', `${enterprise}:manager`),
    value: fc.oneof(word, fc.constant(''), fc.record({ value: word })),
  }),
  fc.record({ op, path: fc.constant('emails'), value: fc.oneof(emails, email) }),
  fc.record({ op, path: kind.map((type) => `emails[type eq "${type}"].value`), value: word }),
  fc.record({ op, path: kind.map((type) => `emails[type eq "${type}"].primary`), value: fc.boolean() }),
  fc.record({ op, value: fc.record({ title: word, 'name.familyName': word, [`${enterprise}:department`]: word }, { requiredKeys: [] }) }),
  fc.record({
    op: fc.constant('remove'),
    path: fc.constantFrom('title', 'name', 'name.givenName', 'emails', 'emails[type eq "work"]', 'emails[value sw "a"].value', enterprise),
  }),
  fc.record({ op: fc.constant('remove'), path: fc.constant('emails'), value: emails }),
) as fc.Arbitrary<JsonObject>;
const operations = fc.array(operation, { minLength: 1, maxLength: 6 });

function parse(list: readonly Json[], type: ResourceType, dialect: Dialect = compat): readonly PatchOperation[] {
  return parsePatch({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: list }, type, dialect);
}

function patch(resource: Resource, list: readonly Json[], type: ResourceType = userType, dialect: Dialect = compat): Resource {
  return applyPatch(resource, parse(list, type, dialect), type, dialect);
}

/** The resource, or the scimType of the refusal. */
function attempt(resource: Resource, list: readonly Json[], dialect: Dialect = compat): Resource | string | undefined {
  try {
    return patch(resource, list, userType, dialect);
  } catch (error) {
    if (error instanceof ScimError) return error.scimType;
    throw error;
  }
}

function freezeDeep<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freezeDeep);
  return value;
}

describe('PATCH in general', () => {
  it('R-165: never changes its input', () => {
    fc.assert(
      fc.property(user, operations, (resource, list) => {
        const before = structuredClone(resource);
        attempt(freezeDeep(resource), freezeDeep(list));
        expect(resource).toEqual(before);
      }),
    );
  });

  it('R-164: one request of many operations is many requests of one', () => {
    fc.assert(
      fc.property(user, operations, (resource, list) => {
        const steps = list.reduce<Resource | string | undefined>(
          (current, each) => (typeof current === 'object' ? attempt(current, [each]) : current),
          resource,
        );
        const after = attempt(resource, list);
        expect(typeof after === 'object' ? sorted(after) : after).toEqual(typeof steps === 'object' ? sorted(steps) : steps);
      }),
    );
  });

  it('R-178: gives the same object exactly if nothing has changed', () => {
    fc.assert(
      fc.property(user, operations, (resource, list) => {
        const after = attempt(resource, list);
        fc.pre(typeof after === 'object');
        expect(after === resource).toBe(JSON.stringify(sorted(after)) === JSON.stringify(sorted(resource)));
      }),
    );
  });

  it('stays canonical: no null, no empty string, list or object anywhere, at most one primary, schemas in step', () => {
    fc.assert(
      fc.property(user, operations, (resource, list) => {
        const after = attempt(resource, list);
        fc.pre(typeof after === 'object');
        expect(findEmpty(after)).toBeUndefined();
        expect(((after['emails'] ?? []) as readonly JsonObject[]).filter(({ primary }) => primary === true).length).toBeLessThan(2);
        expect((after['schemas'] as readonly Json[]).includes(enterprise)).toBe(enterprise in after);
      }),
    );
  });

  it('replacing twice is replacing once, and the second time changes nothing', () => {
    const replacement = operation.map((each) => (each['op'] === 'remove' ? each : { ...each, op: 'replace' }));
    fc.assert(
      fc.property(user, replacement, (resource, each) => {
        const once = attempt(resource, [each]);
        fc.pre(typeof once === 'object');
        expect(attempt(once, [each])).toBe(once);
      }),
    );
  });

  it('adding twice is adding once', () => {
    fc.assert(
      fc.property(user, emails, (resource, value) => {
        const once = patch(resource, [{ op: 'add', path: 'emails', value }]);
        expect(patch(once, [{ op: 'add', path: 'emails', value }])).toBe(once);
      }),
    );
  });

  it.each([
    ['a list', (value: JsonObject): Json => ({ op: 'remove', path: 'emails', value: [value] })],
    [
      'a filter',
      (value: JsonObject): Json => ({ op: 'remove', path: `emails[type eq "${value['type']}" and value eq "${value['value']}"]` }),
    ],
  ])('adding a fresh element and removing it by %s is nothing', (_name, remove) => {
    const fresh = fc.record({ type: kind, value: fc.stringMatching(/^[0-9]{1,4}$/) });
    fc.assert(
      fc.property(user, fresh, (resource, value) => {
        expect(patch(resource, [{ op: 'add', path: 'emails', value: [value] }, remove(value)])).toBe(resource);
      }),
    );
  });

  it('refuses or ignores any other JSON without an exception of its own, and pollutes nothing', () => {
    const path = fc.oneof(fc.string(), fc.constantFrom('emails', 'name', 'members', '__proto__', 'constructor.prototype', enterprise));
    const anything = fc.oneof(fc.jsonValue(), fc.record({ op: fc.constantFrom('add', 'remove', 'replace'), path, value: fc.jsonValue() }));
    fc.assert(
      fc.property(user, fc.array(anything), fc.constantFrom(compat, strict), (resource, list, dialect) => {
        expect(['string', 'object']).toContain(typeof attempt(resource, list as Json[], dialect));
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
    );
  });
});

describe('PATCH against a naive model', () => {
  const names = ['title', 'nickName', 'displayName', 'locale'] as const;

  it('single values: the last word counts', () => {
    const step = fc.record({ name: fc.constantFrom(...names), value: fc.option(word) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1 }), (steps) => {
        const model = new Map<string, string>();
        for (const { name, value } of steps) {
          if (value === null) model.delete(name);
          else model.set(name, value);
        }
        const list = steps.map(({ name, value }) => (value === null ? { op: 'remove', path: name } : { op: 'replace', path: name, value }));
        const base: Resource = { id: 'u1', userName: 'ann' };
        expect(patch(base, list, userType, strict)).toEqual({ ...base, ...Object.fromEntries(model) });
      }),
    );
  });

  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const ids = fc.array(id, { minLength: 1, maxLength: 3 });
  const change = fc.record({ op: fc.constantFrom('add', 'remove', 'filter', 'replace'), ids });
  const toOperation = ({ op: name, ids: list }: { op: string; ids: readonly string[] }): JsonObject =>
    name === 'filter'
      ? { op: 'remove', path: `members[${list.map((each) => `value eq "${each}"`).join(' or ')}]` }
      : { op: name, path: 'members', value: list.map((value) => ({ value })) };
  const groupOf = (members: readonly string[]): Resource => ({
    id: 'g1',
    displayName: 'x',
    ...(members.length > 0 && { members: members.map((value) => ({ value })) }),
  });
  const membersOf = (resource: Resource): ReadonlySet<unknown> =>
    new Set(((resource['members'] ?? []) as readonly JsonObject[]).map(({ value }) => value));

  it('members are a set, however many neighbouring operations are joined', () => {
    fc.assert(
      fc.property(fc.uniqueArray(id), fc.array(change, { minLength: 1, maxLength: 8 }), (members, changes) => {
        const model = new Set(members);
        for (const { op: name, ids: list } of changes) {
          if (name === 'replace') model.clear();
          for (const each of list) {
            if (name === 'add' || name === 'replace') model.add(each);
            else model.delete(each);
          }
        }
        expect(membersOf(patch(groupOf(members), changes.map(toOperation), groupType))).toEqual(model);
      }),
    );
  });

  it('membershipDelta, applied value by value, is the same as applying the patch', () => {
    fc.assert(
      fc.property(fc.uniqueArray(id), fc.array(change, { minLength: 1, maxLength: 8 }), (members, changes) => {
        const parsed = parse(changes.map(toOperation), groupType);
        const delta = membershipDelta(parsed, groupType);
        expect(delta === undefined).toBe(changes.some(({ op: name }) => name === 'replace'));
        if (!delta) return;
        expect(delta.add.filter((each) => delta.remove.includes(each))).toEqual([]);
        const model = new Set([...members, ...delta.add].filter((each) => !delta.remove.includes(each)));
        expect(membersOf(applyPatch(groupOf(members), parsed, groupType, compat))).toEqual(model);
      }),
    );
  });
});

/** The same value with object members and list elements in one order, for none of them means anything. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]): [string, Json] => [name, sorted(member)])
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function findEmpty(value: Json): Json | undefined {
  if (typeof value !== 'object' || value === null) return value === null || value === '' ? value : undefined;
  const members = Object.values(value);
  return members.length === 0 ? value : members.find((member) => findEmpty(member) !== undefined);
}
