// Attributes that say nothing of themselves have the characteristics that the RFC gives them.
// RFC 7643 section 2.2.
import { expect, test } from 'vitest';
import { defineAttribute } from '../../src/scim/attribute.ts';

test('R-063 the default characteristics', () => {
  expect(defineAttribute('x', 'string', 'X')).toEqual({
    name: 'x',
    type: 'string',
    description: 'X',
    multiValued: false,
    required: false,
    caseExact: false,
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
  });
});
