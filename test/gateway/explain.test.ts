// What is told of the filter of a query: comparison by comparison, as the directory is asked.
// RFC 7644 section 3.4.2.2; L-001.
import { expect, test } from 'vitest';
import { explainFilter } from '../../src/gateway/explain.ts';
import { compileFile, dnOf, filterFor, openLdap, requireResource } from '../mapping/sample.ts';

const resource = requireResource(compileFile('test/fixtures/examples/mapping.openldap.yaml').mapping, 'User');
const told = (text: string, misreadsNegatedAlternatives: boolean) =>
  explainFilter({ resource, filter: filterFor(resource, text), context: { schema: openLdap, dnOf, misreadsNegatedAlternatives } });

test('alternatives are told one by one, unless the server would misread them: then they are the one wider question that is asked', () => {
  const text = 'id pr and (active eq true or active eq false)';
  const id = { scim: 'id pr', ldap: '(&)', exact: true };
  expect(told(text, false)).toEqual([
    id,
    { scim: 'active eq true', ldap: '(!(employeeType=disabled))', exact: true },
    { scim: 'active eq false', ldap: '(employeeType=disabled)', exact: true },
  ]);
  expect(told(text, true)).toEqual([id, { scim: 'active eq true or active eq false', ldap: '(&)', exact: false }]);
});
