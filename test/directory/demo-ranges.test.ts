// A group of more than 5,000 members where a server gives 1,500 values at once: read whole, in ranges.
// L-056; MS-ADTS 3.1.1.3.1.3.3. The directory of the demo with the face of Active Directory keeps that limit.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseDn } from '../../src/ldap/dn.ts';
import { embeddedActiveDirectory } from './faces.ts';
import { idsIn } from './scim-client.ts';
import { openStage, type Stage } from './stage.ts';
import { searchesAmong } from './wire.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(embeddedActiveDirectory(5800), { operationTimeout: 20_000 });
}, 60_000);
afterAll(() => stage.stop());

test('L-056 every member once, with as few questions as the limit allows', async () => {
  const { scim, look, wire, directory } = stage;
  const [group] = await scim.find('/Groups', 'displayName eq "All Employees"', { excludedAttributes: 'members' });
  const dn = `CN=All Employees,OU=Groups,${directory.suffix}`;
  const held = (await look.directory.read(parseDn(dn), ['member']))?.texts('member') ?? [];
  expect(held.length).toBeGreaterThan(5000);
  let shown: readonly string[] = [];
  const sent = await wire.during(async () => {
    shown = idsIn((await scim.get(`/Groups/${String(group?.['id'])}`)).body);
  });
  expect([shown.length, new Set(shown).size]).toEqual([held.length, held.length]);
  const ranges = searchesAmong(sent).flatMap(({ attributes }) => attributes.filter((name) => name.includes(';range=')));
  expect(ranges).toEqual(['member;range=1500-*', 'member;range=3000-*', 'member;range=4500-*']);
}, 60_000);
