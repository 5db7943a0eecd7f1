// Result codes and vendors' words as answers to clients, and as sentences for the log (4.14, R-211).
import { describe, expect, test } from 'vitest';
import { translateError } from '../../src/gateway/errors.ts';
import { explainDirectoryError } from '../../src/ldap/diagnostics.ts';
import { DirectoryError } from '../../src/ldap/error.ts';
import { ScimError } from '../../src/scim/error.ts';

type Operation = 'read' | 'add' | 'update' | 'delete';
const result = (resultCode: number, diagnostic = '', policyError?: number): DirectoryError =>
  new DirectoryError('result', `operation: (${resultCode})`, { resultCode, diagnostic, ...(policyError !== undefined && { policyError }) });

function answerTo(error: DirectoryError, operation: Operation): readonly [status: number, scimType: string | undefined] {
  const answer = translateError(error, operation);
  if (!(answer instanceof ScimError)) throw new Error('not translated');
  return [answer.status, answer.scimType];
}

describe('4.14 every result code has an answer', () => {
  const codes: readonly (readonly [code: number, operation: Operation, status: number, scimType?: string])[] = [
    [1, 'read', 500],
    [2, 'update', 500],
    [3, 'read', 400, 'tooMany'],
    [3, 'update', 504],
    [4, 'read', 400, 'tooMany'],
    [7, 'read', 500],
    [8, 'read', 500],
    [9, 'read', 502],
    [10, 'update', 502],
    [11, 'read', 400, 'tooMany'],
    [11, 'update', 413],
    [12, 'read', 500],
    [13, 'update', 400, 'invalidValue'],
    [16, 'update', 503],
    [17, 'add', 500],
    [18, 'read', 500],
    [19, 'add', 400, 'invalidValue'],
    [20, 'update', 503],
    [21, 'add', 400, 'invalidValue'],
    [32, 'read', 503],
    [32, 'update', 404],
    [32, 'delete', 404],
    [32, 'add', 500],
    [33, 'read', 500],
    [34, 'add', 400, 'invalidValue'],
    [36, 'read', 500],
    [48, 'update', 503],
    [49, 'update', 503],
    [50, 'update', 403],
    [51, 'update', 503],
    [52, 'read', 503],
    [53, 'update', 403],
    [54, 'read', 500],
    [64, 'add', 400, 'invalidValue'],
    [65, 'add', 400, 'invalidValue'],
    [66, 'delete', 409],
    [67, 'update', 400, 'mutability'],
    [68, 'add', 409, 'uniqueness'],
    [69, 'update', 400, 'mutability'],
    [71, 'update', 501],
    [80, 'update', 500],
    [118, 'update', 503],
    [122, 'update', 503],
    [123, 'update', 403],
    [4096, 'read', 500],
  ];
  for (const [code, operation, status, scimType] of codes) {
    test(`${code} on ${operation} is ${status}`, () => {
      expect(answerTo(result(code), operation)).toEqual([status, scimType]);
    });
  }

  test('R-213 outages say when to try again', () => {
    for (const kind of ['unavailable', 'lost', 'timeout', 'credentials'] as const) {
      const answer = translateError(new DirectoryError(kind, 'x'), 'update');
      expect(answer).toMatchObject({ status: 503, retryAfter: expect.any(Number) as number });
    }
    expect(translateError(new DirectoryError('credentials', 'x'), 'read')).toMatchObject({ retryAfter: 300 });
  });

  test('what is no error of the directory passes through', () => {
    const error = new TypeError('x');
    expect(translateError(error, 'read')).toBe(error);
  });
});

const windows = (code: string, rest = 'SvcErr: DSID-031A1254, problem 5003 (WILL_NOT_PERFORM), data 0'): string => `${code}: ${rest}`;

describe('what the server says beside the code decides', () => {
  test.each<
    readonly [
      what: string,
      code: number,
      diagnostic: string,
      operation: Operation,
      status: number,
      scimType: string | undefined,
      sentence: RegExp,
    ]
  >([
    ['Windows: password policy on a reset', 53, windows('0000052D'), 'update', 400, 'invalidValue', /policy of the domain/],
    [
      'Windows: password policy on a change',
      19,
      windows('0000052D', 'AtrErr: DSID-03190F80, #1:'),
      'update',
      400,
      'invalidValue',
      /policy of the domain/,
    ],
    [
      'Samba: password policy',
      19,
      '0000052D: Constraint violation - check_password_restrictions: the password is too short. It should be equal or longer than 7 characters!',
      'add',
      400,
      'invalidValue',
      /policy of the domain/,
    ],
    ['the old password is wrong', 19, windows('00000056'), 'update', 400, 'invalidValue', /old password is wrong/],
    ['Windows: a password without TLS', 53, windows('0000001F'), 'update', 400, 'invalidValue', /TLS/],
    [
      'Windows: sAMAccountName is taken',
      68,
      windows('00000524', 'UpdErr: DSID-031A11FA, problem 6005 (ENTRY_EXISTS), data 0'),
      'add',
      409,
      'uniqueness',
      /sAMAccountName/,
    ],
    [
      'Windows: cn is taken',
      68,
      windows('00002071', 'UpdErr: DSID-03050418, problem 6005 (ENTRY_EXISTS), data 0'),
      'add',
      409,
      'uniqueness',
      /another entry has this name/,
    ],
    [
      'Samba: sAMAccountName is taken',
      68,
      "00002071: samldb: samAccountName 'u1' already in use!",
      'add',
      409,
      'uniqueness',
      /another entry has this name/,
    ],
    [
      'Windows: userPrincipalName is taken',
      19,
      windows('000021C8', 'AtrErr: DSID-03200BBA, #1:'),
      'add',
      409,
      'uniqueness',
      /userPrincipalName/,
    ],
    ['Windows: servicePrincipalName is taken', 19, windows('000021C7'), 'update', 409, 'uniqueness', /servicePrincipalName/],
    [
      'Samba: userPrincipalName is taken',
      19,
      "0000202F: samldb: userPrincipalName 'a@b' is already in use ",
      'add',
      409,
      'uniqueness',
      /has this value already/,
    ],
    [
      'Samba: a bad character',
      19,
      "0000202F: samldb: sAMAccountName contains invalid '/' character\n",
      'update',
      400,
      'invalidValue',
      /characters that are not allowed/,
    ],
    [
      'Windows: any other constraint under the same code',
      19,
      windows('0000202F', 'AtrErr: DSID-0315286E, #1: problem 1005 (CONSTRAINT_ATT_TYPE)'),
      'update',
      400,
      'invalidValue',
      /^operation: \(19\)$/,
    ],
    [
      'Windows: the account name is too long',
      80,
      windows('00000523', 'SysErr: DSID-031A1261, problem 22 (Invalid argument), data 0'),
      'add',
      400,
      'invalidValue',
      /too long/,
    ],
    [
      'Windows: a member already',
      68,
      windows('00000562', 'UpdErr: DSID-031A11E2, problem 6005 (ENTRY_EXISTS), data 0'),
      'update',
      503,
      undefined,
      /member of the group already/,
    ],
    ['Windows: no member', 16, windows('00000561', 'AttErr: problem 1001 (NO_ATTRIBUTE_OR_VAL)'), 'update', 503, undefined, /no member/],
    [
      'a domain local group in a global one',
      53,
      windows('00002144'),
      'update',
      400,
      'invalidValue',
      /global group cannot have a domain local/,
    ],
    ['a DN that names nothing', 19, windows('000020B5', 'AtrErr:'), 'update', 400, 'invalidValue', /does not exist/],
    [
      'no right',
      50,
      windows('00002098', 'SecErr: DSID-03150F94, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0'),
      'update',
      403,
      undefined,
      /lacks the right/,
    ],
    ['a built-in account', 53, windows('0000055B'), 'delete', 403, undefined, /built-in/],
    [
      'not bound any more',
      1,
      '000004DC: LdapErr: DSID-0C090A71, comment: In order to perform this operation a successful bind must be completed',
      'read',
      503,
      undefined,
      /not bound/,
    ],
    [
      'slapo-unique',
      19,
      'some attributes not unique: non-unique attributes found with (uid=x)',
      'add',
      409,
      'uniqueness',
      /has this value already/,
    ],
    [
      '389: attribute uniqueness',
      19,
      'Another entry with the same attribute value already exists (attribute: "mail")',
      'add',
      409,
      'uniqueness',
      /has this value already/,
    ],
    [
      '389: uniqueness fails on an escaped name',
      1,
      'Error checking for attribute uniqueness.',
      'update',
      500,
      undefined,
      /plugin attribute uniqueness/,
    ],
    ['389: 7-bit check', 19, 'The value is not 7-bit clean: ü', 'add', 400, 'invalidValue', /7-bit check/],
    ['389: password without TLS', 13, 'Operation requires a secure connection.\n', 'update', 400, 'invalidValue', /TLS/],
    [
      '389: password policy',
      19,
      'invalid password syntax - password must be at least 8 characters long',
      'update',
      400,
      'invalidValue',
      /policy/,
    ],
    ['slapo-ppolicy without its control', 19, 'Password fails quality checking policy', 'update', 400, 'invalidValue', /policy/],
  ])('%s', (_what, code, diagnostic, operation, status, scimType, sentence) => {
    const error = result(code, diagnostic);
    expect(answerTo(error, operation)).toEqual([status, scimType]);
    expect(explainDirectoryError(error)).toMatch(sentence);
    // neither the client nor the log sees what the server wrote.
    for (const text of [(translateError(error, operation) as ScimError).message, explainDirectoryError(error)])
      expect(text).not.toMatch(/DSID|samldb|uid=|'u1'|a@b|ü/);
  });

  test.each([
    [4, /old password/],
    [5, /quality/],
    [6, /too short/],
    [7, /too recently/],
    [8, /used before/],
    [9, /too long/],
  ])('L-063 password policy error %i is 400 in words of its own', (policyError, words) => {
    const answer = translateError(result(19, '', policyError), 'update');
    expect(answer).toMatchObject({ status: 400, scimType: 'invalidValue', message: expect.stringMatching(words) as string });
  });
});

describe('a bind that Active Directory refuses is explained', () => {
  const bind = (data: string): string =>
    explainDirectoryError(
      new DirectoryError('credentials', 'bind', {
        resultCode: 49,
        diagnostic: `80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data ${data}, v4563`,
      }),
    );
  test.each([
    ['525', /no such account/],
    ['52e', /password is wrong/],
    ['52E', /password is wrong/],
    ['530', /at this time/],
    ['531', /this machine/],
    ['532', /password has expired/],
    ['533', /disabled/],
    ['701', /account has expired/],
    ['773', /must be changed/],
    ['775', /locked/],
  ])('data %s', (data, words) => {
    expect(bind(data)).toMatch(words);
    expect(bind(data)).not.toMatch(/DSID|80090308/);
  });

  test('what is not known is said as it came from the protocol', () => {
    expect(bind('fff')).toBe('bind');
  });
});
