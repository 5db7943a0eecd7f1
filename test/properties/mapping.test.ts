// Laws of the mapping: codecs are pairs, a modification gives the draft, and what is written is what is read afterwards.
// RFC 4511 section 4.6; L-013 (diff), L-019 (no difference, no write), L-020 (what is not mapped stays).
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDn } from '../../src/ldap/dn.ts';
import type { Entry } from '../../src/ldap/entry.ts';
import { compileCodec, defaultCodec, type Codec } from '../../src/mapping/codec.ts';
import { codecDefinition } from '../../src/mapping/definition.ts';
import { Draft } from '../../src/mapping/draft.ts';
import type { ResourceMapping } from '../../src/mapping/mapping.ts';
import { readResource } from '../../src/mapping/read.ts';
import { keyBySchema } from '../../src/mapping/value-key.ts';
import { buildEntry, diffEntry, normalizeResource } from '../../src/mapping/write.ts';
import { ScimError } from '../../src/scim/error.ts';
import { compat } from '../../src/scim/dialects.ts';
import { parseResource } from '../../src/scim/resource.ts';
import type { Json, Resource } from '../../src/scim/schema.ts';
import { applyChanges, entryOf, openLdap, readContext, userMapping, writeContext, type Values } from '../mapping/sample.ts';

const text = fc.string({ unit: 'grapheme', minLength: 1 });
const instant = fc.date({ min: new Date('1971-01-01'), max: new Date('2200-01-01'), noInvalidDate: true });
const second = instant.map((date) => date.toISOString().replace(/\.\d+Z$/, 'Z'));
const day = instant.map((date) => `${date.toISOString().slice(0, 10)}T00:00:00Z`);
const guid = fc.uuid();
const sid = fc.array(fc.nat(), { minLength: 1, maxLength: 5 }).map((parts) => `S-1-5-${parts.join('-')}`);
const json = fc.oneof(fc.boolean(), fc.integer(), text, fc.array(fc.integer()), fc.dictionary(fc.constantFrom('a', 'b'), text));

describe('codecs', () => {
  const pairs: readonly (readonly [definition: unknown, values: fc.Arbitrary<Json>])[] = [
    ['string', text],
    ['guid', guid],
    ['sid', sid],
    ['generalizedTime', instant.map((date) => date.toISOString().replace('.000Z', 'Z'))],
    ['filetime', second],
    ['epochDays', day],
    [{ boolean: { true: 'an', false: 'aus' } }, fc.boolean()],
    [{ boolean: { invert: true } }, fc.boolean()],
    [{ enum: { Employee: 'E', Contractor: 'C' } }, fc.constantFrom('Employee', 'Contractor')],
    ['int', fc.maxSafeInteger()],
    ['base64', fc.uint8Array({ minLength: 1 }).map((octets) => Buffer.from(octets).toString('base64'))],
    [{ prefix: 'smtp:' }, text],
    ['postalAddress', text.map((lines) => lines.replaceAll('\r', ''))],
    ['json', json],
  ];
  const codecOf = (definition: unknown): Codec => compileCodec(codecDefinition.parse(definition)) ?? defaultCodec('string');

  it.each(pairs)('%j: decode(encode(x)) = x', (definition, values) => {
    const codec = codecOf(definition);
    fc.assert(
      fc.property(
        values.filter((value) => value !== ''),
        (value) => {
          expect(codec.decode(Buffer.from(codec.encode(value)))).toEqual(value);
        },
      ),
    );
  });
  it.each(pairs)('%j: what is decoded encodes to a value that means the same, and anything decodes or is foreign', (definition, values) => {
    const codec = codecOf(definition);
    const octets = fc.oneof(
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      text.map((value) => Buffer.from(value)),
      values.map((value) => Buffer.from(codec.encode(value))),
    );
    fc.assert(
      fc.property(octets, (stored) => {
        const value = codec.decode(stored);
        expect(value === undefined ? value : codec.decode(Buffer.from(codec.encode(value)))).toEqual(value);
      }),
    );
  });
  it('decimals', () => {
    const codec = defaultCodec('decimal');
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => !Object.is(x, -0)),
        (x) => {
          expect(codec.decode(Buffer.from(codec.encode(x)))).toBe(x);
        },
      ),
    );
  });
});

const words = ['a', 'A', 'ann', 'Ann', ' ann', 'b', 'é', 'É', 'e\u0301', '1', '555-1', '5551'];
const someWords = (max: number) =>
  fc.uniqueArray(fc.constantFrom(...words), { maxLength: max, selector: (word) => keyBySchema(openLdap)('cn', Buffer.from(word)) });

describe('drafts', () => {
  const attributes = ['cn', 'title', 'mail', 'facsimileTelephoneNumber', 'displayName'];
  const step = fc.record({
    attribute: fc.constantFrom(...attributes.slice(0, 4)),
    before: fc.option(fc.constantFrom(...words), { nil: undefined }),
    after: fc.option(fc.constantFrom(...words), { nil: undefined }),
    many: fc.tuple(fc.array(fc.constantFrom(...words)), fc.array(fc.constantFrom(...words))),
    kind: fc.constantFrom('exchange', 'exchangeAll', 'set'),
    computed: fc.boolean(),
  });
  it('the modification turns the entry into the draft and names no value that stays', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...attributes), someWords(3), { noNullPrototype: true }),
        fc.array(step, { maxLength: 6 }),
        fc.boolean(),
        (values, steps, guarded) => {
          const entry = entryOf(values);
          const draft = new Draft(entry, keyBySchema(openLdap));
          for (const { attribute, before, after, many, kind, computed } of steps) {
            if (kind === 'exchange') draft.exchange(attribute, before, after, { computed });
            else if (kind === 'exchangeAll') draft.exchangeAll(attribute, ...many, { computed });
            else draft.set(attribute, after === undefined ? [] : [after]);
          }
          const replaceOnly = (attribute: string) => openLdap.attribute(attribute)?.equality === undefined;
          const changes = draft.changes({ replaceOnly, guarded });
          const result = applyChanges(entry, changes);
          for (const attribute of attributes) expect(sorted(result, attribute)).toEqual(draft.values(attribute).map(String).toSorted());
          for (const { attribute, operation, values: named } of changes) {
            if (operation === 'replace') continue;
            const stays = new Set(entry.texts(attribute).filter((value) => result.texts(attribute).includes(value)));
            expect(named.filter((value) => stays.has(String(value)))).toEqual([]);
          }
        },
      ),
    );
  });
});

const sorted = (entry: Entry, attribute: string): readonly string[] => entry.texts(attribute).toSorted();

const thing = 'urn:example:params:scim:schemas:extension:thing:2.0:User';
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const mapping: ResourceMapping = userMapping(
  `
displayName: { ldap: displayName, normalize: [trim] }
name.givenName: givenName
name.familyName: sn
name.formatted: { read: "{cn}", access: ignoreWrites }
title: title
userType: { ldap: kind, codec: { enum: { Employee: E, Contractor: C } } }
emails:
  elements:
    - { match: { type: work }, list: { value: mail }, primary: { else: lowestValue } }
phoneNumbers:
  elements:
    - { match: { type: work }, primary: true, slot: { value: telephoneNumber } }
    - { match: { type: mobile }, slot: { value: mobile } }
    - { match: { type: fax }, slot: { value: facsimileTelephoneNumber } }
addresses:
  elements:
    - { match: { type: work }, slot: { streetAddress: street, locality: l } }
groups: { memberships: { direct: memberOf } }
meta.created: createTimestamp
enterprise:manager: { ldap: manager, reference: { to: [User] } }
`,
  {
    extra: `accountState: { ldap: employeeType, activeValue: active, inactiveValue: disabled, absentMeans: active }
set: { description: { always: "{displayName|userName}" } }`,
    schemas: `
- urn: ${thing}
  name: Thing
  extends: User
  attributes:
    one: { type: boolean, ldap: flags, codec: { bit: { mask: 1 } } }
    two: { type: boolean, ldap: flags, codec: { bit: { mask: 6, invert: true } } }
    tags: { type: string, multiValued: true, ldap: carLicense }
    smtp: { type: string, multiValued: true, ldap: proxy, codec: { prefix: "smtp:" } }
    csv: { type: string, multiValued: true, ldap: preferredLanguage, codec: { split: "," } }
`,
  },
);

/** At most one value where SCIM shows one, so that what is written is what is read (L-010). */
const plain = fc.constantFrom(...words).map((word) => word.trim());
const stored: fc.Arbitrary<Values> = fc.record(
  {
    displayName: plain,
    givenName: plain,
    sn: plain,
    cn: someWords(3),
    title: plain,
    kind: fc.constantFrom('E', 'c', 'X'),
    mail: fc.uniqueArray(fc.constantFrom('a@x', 'b@x', 'B@y'), { maxLength: 3 }),
    telephoneNumber: fc.constantFrom('1', '2 3'),
    mobile: fc.constantFrom('1', '2'),
    facsimileTelephoneNumber: fc.constantFrom('1', '2'),
    street: plain,
    l: plain,
    memberOf: fc.constant('cn=g,ou=groups,dc=example,dc=com'),
    createTimestamp: fc.constant('20240101000000Z'),
    manager: fc.constantFrom('uid=boss,ou=people,dc=example,dc=com', 'no dn'),
    employeeType: fc.uniqueArray(fc.constantFrom('active', 'disabled', 'Contractor'), { maxLength: 2 }),
    flags: fc.constantFrom('0', '1', '7', '512', '-3'),
    carLicense: someWords(3),
    proxy: fc.uniqueArray(fc.constantFrom('smtp:a', 'smtp:b', 'SIP:a', 'x'), { maxLength: 4 }),
    preferredLanguage: fc.constantFrom('a,b', 'b'),
    description: someWords(2),
    departmentNumber: someWords(2),
    uid: fc.constantFrom('ann', 'bob'),
  },
  { requiredKeys: ['uid'], noNullPrototype: true },
);

const elements = (...values: readonly Json[]) => fc.subarray([...values]);
const unordered = <T>(values: fc.Arbitrary<T[]>) => values.chain((list) => fc.shuffledSubarray(list, { minLength: list.length }));
const sent: fc.Arbitrary<Resource> = fc
  .record(
    {
      userName: fc.constantFrom('ann', 'Ann', 'zoë', 'bob'),
      displayName: fc.constantFrom(...words),
      name: fc.record({ givenName: plain, familyName: plain }, { requiredKeys: [], noNullPrototype: true }),
      title: plain,
      userType: fc.constantFrom('Employee', 'Contractor'),
      active: fc.boolean(),
      emails: unordered(elements({ value: 'a@x' }, { value: 'b@x', type: 'work' }, { value: 'c@x', type: 'WORK', primary: true })),
      phoneNumbers: unordered(elements({ value: '9' }, { value: '8', type: 'mobile' }, { value: '7', type: 'fax' })),
      addresses: fc.constant([{ type: 'work', locality: 'L' }]),
      [enterprise]: fc.constantFrom({ manager: { value: 'u-boss' } }, { manager: { value: 'u-other' } }),
      [thing]: fc.record(
        { one: fc.boolean(), two: fc.boolean(), tags: someWords(3), smtp: elements('a', 'c'), csv: elements('a', 'b', 'c') },
        { noNullPrototype: true },
      ),
    },
    { requiredKeys: ['userName', 'active', thing], noNullPrototype: true },
  )
  .map((resource) => parseResource({ schemas: [mapping.type.schema.id], ...resource }, mapping.type, compat));

const read = (entry: Entry): Resource => readResource(mapping, entry, readContext, undefined)!;

/** Without what the gateway or the directory makes, elements without their derived parts and in one order. */
function comparable(resource: Resource): Json {
  const { id: _id, meta: _meta, schemas: _schemas, groups: _groups, name, ...rest } = normalizeResource(mapping, resource);
  const { formatted: _formatted, ...parts } = (name ?? {}) as Record<string, Json>;
  return canonical({ ...rest, ...(Object.keys(parts).length > 0 && { name: parts }) });
}

function canonical(value: Json): Json {
  if (Array.isArray(value))
    return (value as readonly Json[]).map(canonical).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== 'object' || value === null) return value;
  const derived = new Set(['primary', '$ref', 'displayName', 'type']);
  const isElement = 'value' in value || 'locality' in value;
  const parts = Object.entries(value).filter(([name]) => !isElement || !derived.has(name));
  return Object.fromEntries(parts.map(([name, part]): [string, Json] => [name, canonical(part)]).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

interface Written {
  readonly entry: Entry;
  readonly mentioned: readonly string[];
}

/** Undefined where the client is told that it cannot be done. */
function write(entry: Entry, after: Resource, guarded: boolean): Written | undefined {
  const rdn = parseDn(entry.dn).rdns[0]!;
  const context = writeContext('ignore');
  try {
    const { rename, changes } = diffEntry(mapping, entry, rdn, read(entry), after, { ...context, guarded });
    const name = rename?.[0]?.value ?? rdn[0]!.value;
    const renamed = rename
      ? applyChanges(entry, [
          { operation: 'delete', attribute: 'uid', values: [String(rdn[0]!.value)] },
          { operation: 'add', attribute: 'uid', values: [String(name)] },
        ])
      : entry;
    const result = applyChanges(renamed, changes, `uid=${String(name)},ou=people,dc=example,dc=com`);
    return { entry: result, mentioned: changes.map(({ attribute }) => attribute.toLowerCase()) };
  } catch (error) {
    if (error instanceof ScimError) return undefined;
    throw error;
  }
}

describe('writing', () => {
  it('L-019: a PUT of what was read changes nothing', () => {
    fc.assert(
      fc.property(stored, fc.boolean(), (values, guarded) => {
        const entry = entryOf(values);
        const body = JSON.parse(JSON.stringify({ ...read(entry), schemas: [mapping.type.schema.id] })) as Json;
        const after = parseResource(body, mapping.type, compat);
        const context = writeContext();
        const { rename, changes } = diffEntry(mapping, entry, parseDn(entry.dn).rdns[0]!, read(entry), after, { ...context, guarded });
        expect({ rename, changes, journal: context.journal }).toEqual({ rename: undefined, changes: [], journal: [] });
      }),
    );
  });

  it('what is written is what is read afterwards, and the same again changes nothing', () => {
    let done = 0;
    fc.assert(
      fc.property(stored, sent, fc.boolean(), (values, after, guarded) => {
        const entry = entryOf(values);
        const written = write(entry, after, guarded);
        if (!written) return;
        done++;
        expect(comparable(read(written.entry))).toEqual(comparable(after));
        expect(write(written.entry, after, guarded)?.mentioned).toEqual([]);
      }),
      { numRuns: 500 },
    );
    expect(done).toBeGreaterThan(300);
  });

  it('L-020: what is not mapped, not ours, or read-only is never written', () => {
    fc.assert(
      fc.property(stored, sent, (values, after) => {
        const entry = entryOf(values);
        const written = write(entry, after, false);
        if (!written) return;
        expect(
          written.mentioned.filter((name) => ['departmentnumber', 'cn', 'memberof', 'createtimestamp', 'entryuuid'].includes(name)),
        ).toEqual([]);
        const foreign = (each: Entry) => ({
          proxy: each.texts('proxy').filter((value) => !value.startsWith('smtp:')),
          state: each.texts('employeeType').filter((value) => value === 'Contractor'),
          manager: each.texts('manager').filter((value) => value === 'no dn'),
          kind: each.texts('kind').filter((value) => value === 'X'),
          bits: BigInt(each.texts('flags')[0] ?? '0') & ~7n,
        });
        expect(foreign(written.entry)).toEqual(foreign(entry));
      }),
      { numRuns: 300 },
    );
  });

  it('a new entry reads as the resource that it was made of', () => {
    fc.assert(
      fc.property(sent, (resource) => {
        const { rdn, attributes } = buildEntry(mapping, mapping.create!, resource, writeContext('ignore'));
        const entry = entryOf(Object.fromEntries(attributes), `uid=${String(rdn[0]!.value)},ou=people,dc=example,dc=com`);
        expect(comparable(read(entry))).toEqual(comparable(resource));
      }),
    );
  });
});
