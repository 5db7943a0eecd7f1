// What stays of a server's words: the words, names of the schema and codes, and no value.
// RFC 4511 section 4.1.9.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sanitizeDiagnostic } from '../../src/gateway/diagnostic-text.ts';

const isName = (word: string): boolean => ['mail', 'sn', 'uid', 'inetorgperson', 'samaccountname'].includes(word.toLowerCase());
const sanitize = (text: string, secrets: string[] = [], others: string[] = []): string =>
  sanitizeDiagnostic(text, isName, { secrets, others });

test.each([
  ["object class 'inetOrgPerson' requires attribute 'sn'", "object class 'inetOrgPerson' requires attribute 'sn'"],
  ['title: value #0 invalid per syntax', 'title: value #0 invalid per syntax'],
  [
    '000021C8: AtrErr: DSID-03200BBB, #1:\n\t0: 000021C8: DSID-03200BBB, problem 1005 (CONSTRAINT_ATT_TYPE), data 0, Att 90290 (userPrincipalName)\n',
    '000021C8: AtrErr: DSID-03200BBB, #1: 0: 000021C8: DSID-03200BBB, problem 1005 (CONSTRAINT_ATT_TYPE), data 0, Att 90290 (userPrincipalName)',
  ],
  ["samldb: Account name (sAMAccountName) 'ann' already in use!", "samldb: Account name (sAMAccountName) '…' already in use!"],
  [
    'Another entry with the same attribute value already exists (attribute: "uid")',
    'Another entry with the same attribute value already exists (attribute: "uid")',
  ],
  ['No such object: cn=Ann Example,ou=People,dc=x', 'No such object: cn=…,ou=…,dc=…'],
  ['found with (&(mail=a b)(uid=x))', 'found with (&(mail=…)(uid=…))'],
  ['bad address ann@example.com given', 'bad address … given'],
  ['got Bearer abc.def and Basic QWxhZGRpbg==', 'got Bearer … and Basic …'],
  ['2.5.4.3=Ann is taken', '2.5.4.3=…'],
  ['red\u001b[31m\r\nforged', 'red [31m forged'],
  ['', ''],
])('%s', (text, expected) => {
  expect(sanitize(text)).toBe(expected);
});

test('what was sent goes wherever it stands, in any case; secrets however short, names of the schema stay', () => {
  expect(sanitize('ANN EXAMPLE has no such mail as x1', ['x1'], ['Ann Example', 'mail', 'as'])).toBe('… has no such mail as …');
});

test('long ones are cut', () => {
  expect(sanitize('word '.repeat(1000))).toHaveLength(301);
});

test('no secret survives, whatever stands around it', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 20 }),
      fc.string({ maxLength: 20 }),
      fc.string({ maxLength: 20 }),
      (secret, before, after) => {
        fc.pre(secret.trim() !== '' && !'…'.includes(secret));
        const marked = `S3${secret.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '')}CRET`;
        expect(sanitize(`${before}${marked}${after}`, [marked])).not.toContain(marked);
      },
    ),
  );
});
