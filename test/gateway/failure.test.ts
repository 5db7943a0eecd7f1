// Errors as sentences: every cause says what is wrong and what to do, and none of them a value.
// R-211; RFC 4511 appendix A.2, [MS-ERREF] 2.2.
import { describe, expect, test } from 'vitest';
import type { Account } from '../../src/gateway/account.ts';
import { translateError } from '../../src/gateway/errors.ts';
import { explainFailure, formatFailure } from '../../src/gateway/failure.ts';
import { explainStatus } from '../../src/gateway/failure-causes.ts';
import type { Step } from '../../src/gateway/plan.ts';
import { parseDn } from '../../src/ldap/dn.ts';
import { DirectoryError, resultCodes } from '../../src/ldap/error.ts';
import { invalidValue, notFound, ScimError, unavailable, uniqueness } from '../../src/scim/error.ts';

const dn = parseDn('cn=S3CRET Ann,ou=people,dc=x');
const add: Step = {
  kind: 'add',
  dn,
  attributes: new Map<string, readonly (string | Buffer)[]>([
    ['objectClass', ['user']],
    ['cn', ['S3CRET Ann']],
    ['description', ['S3CRET words']],
    ['unicodePwd', [Buffer.from('"S3CRET-pw"', 'utf16le')]],
  ]),
};

function account(more: Partial<Account> = {}): Account {
  const backend = {
    name: 'main',
    mapping: { resources: [] },
    directory: {
      capabilities: () => ({
        schema: { attribute: (name: string) => (/^(?:cn|description)$/.test(name) ? {} : undefined), objectClass: () => undefined },
      }),
    },
    places: [
      { resourceType: 'User', rule: 'displayName', path: 'displayName', ldap: 'cn', place: 'm.yaml:7' },
      { resourceType: 'User', rule: 'password', path: 'password', ldap: 'unicodePwd', place: 'm.yaml:3' },
      { resourceType: 'Group', rule: 'displayName', path: 'displayName', ldap: 'cn', place: 'm.yaml:99' },
    ],
  };
  return {
    backend,
    client: { name: 'okta' },
    operation: 'create',
    resourceType: 'User',
    subject: { userName: 'S3CRET-ann' },
    members: [],
    step: add,
    refusals: [],
    ...more,
  } as unknown as Account;
}

const result = (resultCode: number, diagnostic = ''): DirectoryError => new DirectoryError('result', 'm', { resultCode, diagnostic });
const say = (error: unknown, more: Partial<Account> = {}): string =>
  formatFailure(explainFailure(account(more), translateError(error, more.operation === 'update' ? 'update' : 'add')));

describe('every result code says what is wrong and what to do', () => {
  test.each(Object.entries(resultCodes).filter(([, code]) => ![0, 5, 6, 14].includes(code)))('%s', (name, code) => {
    for (const operation of ['create', 'update', 'delete', 'read'] as const) {
      // What is gone is 404 like what never was: nothing of the directory is known of it.
      if (code === resultCodes.noSuchObject && operation === 'update') continue;
      const line = say(result(code, `cn=S3CRET Ann,dc=x and 's3cret words' of S3CRET-ANN with S3CRET-pw are bad`), { operation });
      expect(line).toMatch(new RegExp(`^[^;]{10,}.*; LDAP ${name} \\(${code}\\), the server says: .+; answered \\d{3}.*; to do: .{10,}$`));
      expect(line).not.toMatch(/s3cret/i);
    }
  });
});

test.each([
  [
    result(53, '0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0\n\u0000'),
    'attribute password (LDAP unicodePwd), rule at m.yaml:3; LDAP unwillingToPerform (53), the server says: 0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0;',
  ],
  [result(53, '00002035: unwilling'), 'the directory is unwilling to do this: the domain controller is unwilling to do this'],
  [result(68, ''), 'an entry with this name exists already; attribute displayName (LDAP cn), rule at m.yaml:7'],
  [result(68, "samldb: sAMAccountName 'S3CRET' already in use!"), 'another entry has this value already'],
  [
    result(50, '00002098: SecErr: DSID-03150F94, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0'),
    'the account of the gateway may not do this: the account of the gateway lacks the right',
  ],
  [
    result(49, '80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 775, v4563'),
    'the account is locked after too many wrong passwords',
  ],
  [
    new DirectoryError('credentials', 'refused', { resultCode: 49 }),
    'the directory refuses the account of the gateway; LDAP invalidCredentials (49); answered 503',
  ],
  [new DirectoryError('unavailable', 'connect ECONNREFUSED'), 'the directory cannot be reached: connect ECONNREFUSED; answered 503'],
  [new DirectoryError('timeout', 'no answer'), 'the directory did not answer in time; answered 503'],
  [new DirectoryError('lost', 'closed'), 'the connection broke before the directory answered; answered 503'],
  [
    new AggregateError([result(50), result(53)], 'half'),
    'may not do this (half of the change is done and could not be undone: look at the entry); LDAP insufficientAccessRights (50)',
  ],
  [new TypeError('S3CRET'), 'the gateway failed; answered 500; to do: look into the log'],
  [notFound(), 'there is no such resource, or it is outside the scope of the mapping; answered 404'],
  [
    uniqueness('Another User has this displayName already'),
    'Another User has this displayName already; attribute displayName (LDAP cn), rule at m.yaml:7; answered 409 uniqueness',
  ],
  [
    invalidValue('displayName is too long'),
    'displayName is too long; attribute displayName (LDAP cn), rule at m.yaml:7; answered 400 invalidValue',
  ],
  [invalidValue('displayNames is too long'), 'displayNames is too long; answered 400'],
  [unavailable(5), 'the directory cannot be reached; answered 503'],
  [
    new ScimError(503, 'The change waits for an administrator (hold 3). Nothing was changed.'),
    'The change waits for an administrator (hold 3). Nothing was changed; answered 503; to do: look at',
  ],
  [
    new ScimError(403, 'User resources are not deleted by this gateway'),
    'User resources are not deleted by this gateway; answered 403; to do: the mapping does not offer this',
  ],
])('%o', (error, expected) => {
  const line = say(error);
  expect(line).toContain(expected);
  expect(line).not.toContain('S3CRET');
});

test.each([
  ['baseDn', 'it is the base of the directory'],
  ['bindDn', 'it is the account of the gateway'],
  ['privileged', 'guards.allowPrivileged'],
  ['protect', 'it is listed under guards.protect'],
])('the guard %s', (guard, expected) => {
  expect(say(new ScimError(403, 'This entry is protected'), { refusals: [{ by: 'guard', guard }] })).toContain(expected);
});

test('what a status says where nothing else is known', () => {
  for (const status of [400, 401, 403, 404, 405, 409, 413, 415, 429, 500, 501, 503])
    expect(explainStatus(status)).toMatch(new RegExp(`^.{10,}; answered ${status}; to do: .{10,}$`));
});
