// What of names and values is kept by each policy.
// RFC 7644 section 7.5.2; docs/journal.md.
import { expect, test } from 'vitest';
import { redactWrite, type PersonPolicy, type ValuePolicy } from '../../src/audit/redaction.ts';

const write = {
  directory: 'main',
  operation: 'update',
  resourceType: 'User',
  id: 'u1',
  subject: { id: 'u1', userName: 'ann', displayName: 'Ann Example' },
  members: Array.from({ length: 60 }, (_, i) => `m${i}`),
  steps: [
    {
      kind: 'modify',
      attributes: ['title', 'active', 'userPassword'],
      dn: 'uid=ann,dc=x',
      changes: [
        { attribute: 'title', before: ['Clerk'], after: ['Head', 'x'.repeat(300)] },
        { attribute: 'active', before: ['TRUE'], after: [Buffer.from('FALSE')] },
        { attribute: 'userPassword', secret: true },
        { attribute: 'jpegPhoto', after: [Buffer.from([0, 255, 3])] },
        { attribute: 'member', removed: Array.from({ length: 70 }, (_, i) => `uid=m${i},dc=x`) },
      ],
    },
    { kind: 'rename', dn: 'uid=ann,dc=x', newDn: 'uid=anna,dc=x' },
  ],
  result: 'done',
  ms: 3,
  invented: 'later',
};
const redact = (values: ValuePolicy, persons: PersonPolicy) =>
  JSON.parse(
    JSON.stringify(redactWrite(write, { values, persons, fingerprint: (value) => `#${Buffer.from(value).toString('hex').slice(0, 4)}` })),
  );

test('full and clear: values and names, but no secret, no octets, and not without end', () => {
  const line = redact('full', 'clear');
  expect(line.person).toEqual({ userName: 'ann', displayName: 'Ann Example' });
  expect(line.steps[0].changes).toEqual([
    { attribute: 'title', before: ['Clerk'], after: ['Head', `${'x'.repeat(256)}…`] },
    { attribute: 'active', before: ['TRUE'], after: ['FALSE'] },
    { attribute: 'userPassword', secret: true },
    { attribute: 'jpegPhoto', after: ['(3 octets)'] },
    { attribute: 'member', removed: expect.objectContaining({ length: 50 }), removedMore: 20 },
  ]);
  expect(line.steps[1]).toEqual({ kind: 'rename', dn: 'uid=ann,dc=x', newDn: 'uid=anna,dc=x' });
  expect(line).toMatchObject({ membersMore: 10 });
  expect(line).not.toHaveProperty('invented');
});

test('redacted: fingerprints, but for what says nothing about a person', () => {
  const text = JSON.stringify(redact('redacted', 'fingerprint'));
  expect(text).toContain('{"attribute":"active","before":["TRUE"],"after":["FALSE"]}');
  expect(text).toContain('{"attribute":"title","before":["#436c"],"after":["#4865","#7878"]}');
  expect(text).not.toMatch(/ann|Clerk|Head|uid=/i);
});

test('none: names of attributes', () => {
  const line = redact('none', 'none');
  expect(line.steps).toEqual([{ kind: 'modify', attributes: ['title', 'active', 'userPassword'] }, { kind: 'rename' }]);
  expect(line).not.toHaveProperty('person');
});
