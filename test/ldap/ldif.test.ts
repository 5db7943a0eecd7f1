// Change records as text, and their one spelling for comparing.
// RFC 2849.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ChangeRecord, formatChange, mask, normalizeLdif } from '../../src/ldap/ldif.ts';

const dn = 'uid=ann,dc=example';

test('the four kinds of change', () => {
  const records: readonly ChangeRecord[] = [
    {
      changetype: 'add',
      dn,
      attributes: [
        ['uid', ['ann']],
        ['mail', ['a@x', 'b@x']],
      ],
    },
    {
      changetype: 'modify',
      dn,
      changes: [
        { operation: 'replace', attribute: 'title', values: [] },
        { operation: 'add', attribute: 'mail', values: ['c@x'] },
      ],
    },
    { changetype: 'modrdn', dn, newRdn: 'uid=bo', deleteOldRdn: true },
    { changetype: 'delete', dn },
  ];
  expect(records.map((record) => formatChange(record))).toEqual([
    `dn: ${dn}\nchangetype: add\nuid: ann\nmail: a@x\nmail: b@x`,
    `dn: ${dn}\nchangetype: modify\nreplace: title\n-\nadd: mail\nmail: c@x\n-`,
    `dn: ${dn}\nchangetype: modrdn\nnewrdn: uid=bo\ndeleteoldrdn: 1`,
    `dn: ${dn}\nchangetype: delete`,
  ]);
});

test('a comment stands before the change that it explains, each of its lines as a comment', () => {
  const record: ChangeRecord = { changetype: 'modify', dn, changes: [{ operation: 'replace', attribute: 'title', values: ['x'] }] };
  expect(formatChange(record, (attribute) => `${attribute}\ndelete: everything`)).toContain(
    '\n# title\n# delete: everything\nreplace: title\n',
  );
});

const lineOf = (value: string | Buffer): string | undefined =>
  formatChange({ changetype: 'add', dn, attributes: [['title', [value]]] })
    .split('\n')
    .find((line) => line.startsWith('title'));

test.each([
  ['plain text', 'Head of x: y', 'title: Head of x: y'],
  ['nothing', '', 'title: '],
  ['a blank in front', ' x', 'title:: IHg='],
  ['a blank behind', 'x ', 'title:: eCA='],
  ['a colon in front', ':x', 'title:: Ong='],
  ['a sign for URLs in front', '<x', 'title:: PHg='],
  ['a line feed', 'x\nchangetype: delete', 'title:: eApjaGFuZ2V0eXBlOiBkZWxldGU='],
  ['a NUL', 'x\0', 'title:: eAA='],
  ['letters beyond ASCII', 'ß', 'title:: w58='],
  ['octets', Buffer.from([0xff, 0x00]), 'title:: /wA='],
])('%s', (_, value, line) => {
  expect(lineOf(value)).toBe(line);
});

test('no value can make lines of its own, and every value can be read back', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.uint8Array().map((octets) => Buffer.from(octets)),
      ),
      (value) => {
        const text = formatChange({ changetype: 'add', dn, attributes: [['title', [value]]] });
        const lines = text.split('\n').filter((line) => !line.startsWith('# '));
        expect(lines).toHaveLength(3);
        const [, kind, rest = ''] = /^title:(:?) (.*)$/s.exec(lines[2] ?? '') ?? [];
        expect(kind === ':' ? Buffer.from(rest, 'base64') : Buffer.from(rest)).toEqual(Buffer.from(value as string));
      },
    ),
  );
});

test.each(['userPassword', 'unicodePwd', 'USERPASSWORD', 'sambaNTPassword', 'ntPwdHistory'])('the values of %s are masked', (attribute) => {
  const changes = [{ operation: 'replace' as const, attribute, values: ['secret', 'other'] }];
  expect(formatChange({ changetype: 'modify', dn, changes })).toContain(`${attribute}: ${mask}\n${attribute}: ${mask}\n-`);
});

describe('one spelling', () => {
  test.each([
    ['comments and folding', '# c\ndn: uid=a\n nn,dc=example\nchangetype: delete\n', 'dn: uid=ann,dc=example\nchangetype: delete'],
    ['names and kinds', 'DN: x=y\nChangeType: Modify\nAdd: Mail\nMAIL: A@x\n-', 'dn: x=y\nchangetype: modify\nadd: mail\nmail: A@x\n-'],
    ['base64 of text', 'dn: x=y\nchangetype: add\ntitle:: w58=', 'dn: x=y\nchangetype: add\ntitle: ß'],
    ['the order of values', 'dn: x=y\nchangetype: add\nb: 2\na: 1\nb: 1', 'dn: x=y\nchangetype: add\na: 1\nb: 1\nb: 2'],
    [
      'several records',
      '\n\ndn: a=b\nchangetype: delete\n\n\n\ndn: c=d\nchangetype: delete\n\n',
      'dn: a=b\nchangetype: delete\n\ndn: c=d\nchangetype: delete',
    ],
    ['nothing', '\n# nothing\n', ''],
  ])('%s', (_, text, expected) => {
    expect(normalizeLdif(text)).toBe(expected);
  });

  test('the order of changes stays', () => {
    const text = 'dn: x=y\nchangetype: modify\ndelete: b\nb: 1\n-\nadd: a\na: 2\na: 1\n-';
    expect(normalizeLdif(text)).toBe('dn: x=y\nchangetype: modify\ndelete: b\nb: 1\n-\nadd: a\na: 1\na: 2\n-');
  });
});
