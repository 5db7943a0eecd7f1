// LDAP injection: whatever a client sends stays a value. What arrives at the directory decodes to exactly what was meant, in filters and in names.
// RFC 4511 section 4.5.1.7 (filters as BER), RFC 4514 (DNs as text), RFC 4515; T-065, R-211. Read off the wire by the demo server's decoder.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRequest, type SearchOperation } from '../../src/demo/request.ts';
import { type Dn, formatDn, parseDn } from '../../src/ldap/dn.ts';
import { equal, type Filter, present } from '../../src/ldap/filter.ts';
import { encodeMessage } from '../../src/ldap/message.ts';
import { translateFilter } from '../../src/mapping/filter.ts';
import { embedded } from '../directory/faces.ts';
import { asMembers, newGroup, newName, newUser } from '../directory/scim-client.ts';
import { openStage, type Stage } from '../directory/stage.ts';
import { searchesAmong } from '../directory/wire.ts';
import { compileFile, filterFor, openLdap, requireResource } from '../mapping/sample.ts';

/** What means something in a filter, a DN, an LDAP URL, LDIF or a template, and ordinary letters between. */
const meaningful = [
  '(',
  ')',
  '*',
  '\\',
  '|',
  '&',
  '!',
  '=',
  '<',
  '>',
  '~',
  ':',
  ',',
  '+',
  '"',
  ';',
  '#',
  '/',
  '%',
  '{',
  '}',
  '?',
  ' ',
  '\n',
  '\r',
  '\t',
];
const attacks = [
  '*)(objectClass=*',
  'x)(|(uid=*',
  '*))%00',
  'admin)(!(uid=x',
  '\\2a\\29\\28',
  'uid=admin,ou=people,dc=example,dc=test',
  'x,ou=groups',
  'x+cn=admin',
  '#0401',
  '\\23x',
  'x\ndn: cn=admin',
  '<GUID=1>',
  '{baseDn}',
  '{userName}',
  '__proto__',
];
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...meaningful) },
  { weight: 2, arbitrary: fc.constantFrom(...attacks) },
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 4 }) },
  { weight: 2, arbitrary: fc.stringMatching(/^[a-z0-9]{1,4}$/) },
);
/** NUL has a test of its own: it is refused. Lone surrogates are no UTF-8. */
const hostile = fc
  .array(piece, { minLength: 1, maxLength: 6 })
  .map((pieces) => pieces.join('').toWellFormed().replaceAll('\0', ''))
  .filter((text) => text.trim() !== '' && text.length < 60);

/** The filter as a server reads it. */
function overTheWire(filter: Filter): Filter {
  const pdu = encodeMessage(7, {
    operation: 'search',
    base: 'dc=x',
    scope: 'sub',
    filter,
    attributes: ['1.1'],
    sizeLimit: 0,
    timeLimit: 0,
  });
  const { operation } = readRequest(pdu);
  if (operation.kind !== 'search') throw new Error('a search was sent');
  return operation.filter;
}

/** Octets as text, so that filters with strings and with buffers compare. */
function inText(filter: Filter): unknown {
  return JSON.parse(
    JSON.stringify(filter, (_key, value: unknown) => {
      const isBuffer = typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value;
      return isBuffer ? Buffer.from(value.data as number[]).toString() : value;
    }),
  );
}

/** Names of attributes and assertion values, in order. */
function assertionsOf(filter: Filter): readonly (readonly [attribute: string, values: readonly string[]])[] {
  if ('filters' in filter) return filter.filters.flatMap(assertionsOf);
  if ('filter' in filter) return assertionsOf(filter.filter);
  const values = 'value' in filter ? [filter.value] : 'any' in filter ? [filter.initial, ...filter.any, filter.final] : [];
  return [[filter.attribute ?? '', values.flatMap((value) => (value === undefined ? [] : [String(value)]))]];
}

describe('filters', () => {
  test('any value in an assertion is that value when it arrives, octet for octet', () => {
    fc.assert(
      fc.property(hostile, fc.uint8Array({ maxLength: 20 }), (text, octets) => {
        const filter: Filter = {
          kind: 'and',
          filters: [
            equal('uid', text),
            { kind: 'not', filter: equal('objectGUID', Buffer.from(octets)) },
            { kind: 'or', filters: [{ kind: 'substring', attribute: 'cn', initial: text, any: [text, text], final: text }, present('sn')] },
            { kind: 'greaterOrEqual', attribute: 'sn', value: text },
          ],
        };
        expect(inText(overTheWire(filter))).toEqual(inText(filter));
      }),
    );
  });

  const presets = {
    openldap: compileFile('mappings/openldap.yaml').mapping,
    '389ds': compileFile('mappings/389ds.yaml').mapping,
    'active-directory': compileFile('mappings/active-directory.yaml').mapping,
  };
  const paths = {
    User: [
      'userName',
      'externalId',
      'displayName',
      'title',
      'name.familyName',
      'name.formatted',
      'emails.value',
      'addresses.locality',
      'id',
    ],
    Group: ['displayName', 'externalId', 'id'],
  };
  const operators = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'le'];

  test.each(Object.entries(presets))(
    'of the preset %s: a value changes no attribute and no structure, and arrives as itself or as a part of itself',
    (_name, mapping) => {
      const cases = (['User', 'Group'] as const).flatMap((type) => paths[type].map((path) => [type, path] as const));
      fc.assert(
        fc.property(
          fc.constantFrom(...cases),
          fc.constantFrom(...operators),
          hostile,
          fc.boolean(),
          ([type, path], operator, value, isNegated) => {
            const resource = requireResource(mapping, type);
            const text = `${path} ${operator} ${JSON.stringify(value)}`;
            const filter = filterFor(resource, isNegated ? `not (${text})` : text);
            const { over, under } = translateFilter(resource, filter, { schema: openLdap, dnOf: () => undefined });
            const known = new Set([resource.id.ldap, ...resource.rules.flatMap((rule) => rule.reads)].map((name) => name.toLowerCase()));
            // In what way the server compares is its own: it finds more where that helps, so that blanks and letters beyond ASCII may be missing.
            const meant = value.normalize('NFKC').toLowerCase();
            for (const sent of [overTheWire(over), overTheWire(under)]) {
              for (const [attribute, values] of assertionsOf(sent)) {
                expect(known).toContain(attribute.toLowerCase());
                for (const each of values) expect(meant).toContain(each.normalize('NFKC').toLowerCase());
              }
            }
            expect(inText(overTheWire(over))).toEqual(inText(over));
          },
        ),
        { numRuns: 500 },
      );
    },
  );
});

test('DNs: any value as an RDN is one RDN of that value, in the place that was meant', () => {
  const base = parseDn('ou=people,dc=example,dc=test');
  fc.assert(
    fc.property(hostile, fc.option(hostile, { nil: undefined }), (value, second) => {
      const first = { type: 'uid', value };
      const dn: Dn = { rdns: [second === undefined ? [first] : [first, { type: 'cn', value: second }], ...base.rdns] };
      const { operation } = readRequest(encodeMessage(7, { operation: 'delete', dn: formatDn(dn) }));
      if (operation.kind !== 'delete') throw new Error('a delete was sent');
      expect(parseDn(operation.dn)).toEqual(dn);
    }),
  );
});

describe('through the whole gateway', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(embedded);
    await stage.scim.post('/Users', newUser({ userName: 'bystander' }));
  });
  afterAll(() => stage.stop());

  /** The value of the first RDN, where the entry lies directly in the place for new ones. */
  const nameIn = (dn: string, place: string): string => {
    const { rdns } = parseDn(dn);
    expect(formatDn({ rdns: rdns.slice(1) })).toBe(`${place},${stage.directory.suffix}`);
    expect(rdns[0]).toHaveLength(1);
    return String(rdns[0]?.[0]?.value);
  };
  const searches = (from: number): readonly SearchOperation[] => searchesAmong(stage.wire.since(from));

  test('userName, displayName and title: written as they are, in their own place, and found again', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        const { scim, wire, look } = stage;
        // Blanks at the ends mean nothing in a name.
        const userName = `${newName()} ${text}`.trim();
        let from = wire.mark();
        const made = await scim.post('/Users', newUser({ userName, displayName: text, title: text }));
        expect([made.status, made.body['userName']]).toEqual([201, userName]);
        const add = wire.since(from).find(({ kind }) => kind === 'add');
        if (add?.kind !== 'add') throw new Error('an add was expected');
        expect(nameIn(add.dn, 'ou=people')).toBe(userName);
        const sent = new Map(add.attributes.map(({ description, values }) => [description.toLowerCase(), values.map(String)]));
        expect([sent.get('uid'), sent.get('displayname'), sent.get('title')]).toEqual([[userName], [text], [text]]);

        from = wire.mark();
        expect((await scim.find('/Users', `userName eq ${JSON.stringify(userName)}`)).map(({ id }) => id)).toEqual([made.id]);
        for (const { base } of searches(from)) expect(base).toMatch(/^(ou=(people|groups),)?dc=example,dc=test$/);

        const next = `${newName('next')} ${text}`.trim();
        from = wire.mark();
        expect((await scim.patch(`/Users/${made.id}`, [{ op: 'replace', path: 'userName', value: next }])).status).toBe(200);
        const rename = wire.since(from).find(({ kind }) => kind === 'modifyDn');
        if (rename?.kind !== 'modifyDn') throw new Error('a rename was expected');
        expect([nameIn(rename.dn, 'ou=people'), parseDn(rename.newRdn).rdns, rename.newSuperior]).toEqual([
          userName,
          [[{ type: 'uid', value: next }]],
          undefined,
        ]);

        const group = await scim.post('/Groups', newGroup({ displayName: next, members: asMembers(made.id) }));
        expect(nameIn((await look.entry(group.id)).dn, 'ou=groups')).toBe(next);
        expect(await scim.find('/Groups', `displayName eq ${JSON.stringify(next)} and members.value eq "${made.id}"`)).toHaveLength(1);
        expect([(await scim.delete(`/Groups/${group.id}`)).status, (await scim.delete(`/Users/${made.id}`)).status]).toEqual([204, 204]);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  test('an id that is none finds nothing and nobody: 404, and no search has it as anything but a value', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        const { scim, wire } = stage;
        const from = wire.mark();
        const path = encodeURIComponent(text);
        // `.` and `..` are taken out of the path by whoever writes a URL.
        if (/^\.{1,2}$|^\/|[/\\]/.test(text)) return;
        for (const type of ['Users', 'Groups']) {
          expect((await scim.get(`/${type}/${path}`)).status).toBe(404);
          expect((await scim.delete(`/${type}/${path}`)).status).toBe(404);
        }
        const added = await scim.post('/Groups', newGroup({ members: asMembers(text) }));
        expect([added.status, added.body['scimType']]).toEqual([400, 'invalidValue']);
        expect(await scim.find('/Users', `id eq ${JSON.stringify(text)}`)).toEqual([]);
        for (const { filter } of searches(from))
          expect(assertionsOf(filter).map(([name]) => name.toLowerCase())).not.toContain(text.toLowerCase());
        expect(wire.since(from).filter(({ kind }) => kind === 'delete' || kind === 'modify')).toEqual([]);
      }),
      { numRuns: 60 },
    );
    expect(await stage.scim.find('/Users', 'userName eq "bystander"')).toHaveLength(1);
  }, 60_000);
});
