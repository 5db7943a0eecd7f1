import { expect, test } from 'vitest';
import { meetsPolicy } from '../../src/demo/active-directory/password.ts';
import { randomPassword } from '../../src/gateway/create.ts';

// A three-letter name is found in one of a thousand random texts: with these owners most passwords would fail.
test('L-064 a random password has no part of any name in it, however short', () => {
  const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
  const names = letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => a + b + c)));
  const password = randomPassword();
  expect(meetsPolicy(password, { accountName: 'Kim', displayName: names.join(' ') })).toBe(true);
  expect(randomPassword()).not.toBe(password);
});
