// Changes of all kinds without a pause, and copies that are kept all the while: what was missed in the middle of it shows in the end.
// Test set-up only.
import type { Directory } from '../../../src/ldap/directory.ts';
import { parseDn } from '../../../src/ldap/dn.ts';
import { person, places, suffix, type Outside } from './outside.ts';
import type { Replica } from './replica.ts';

const rounds = 40;

async function stir(outside: Outside): Promise<void> {
  const place = parseDn(`ou=stirred,ou=company,${suffix}`);
  await outside.addPlace(place);
  await outside.addPerson('carried along', place);
  const group = await outside.addGroup('stirred', [person('calm0')]);
  for (let at = 0; at < rounds; at++) {
    const dn = await outside.addPerson(`stirred${at}`);
    if (at % 2 === 0) await outside.replace(dn, 'sn', `other${at}`);
    if (at % 3 === 0) await outside.move(dn, `stirred${at}`, at % 2 === 0 ? places.staff : places.elsewhere);
    if (at % 4 === 1 && at % 3 !== 0) await outside.delete(dn);
    if (at % 5 === 0) await outside.replace(group, 'description', `round ${at}`);
    // Once: 389 Directory Server loses sight of what is below a container that is renamed again.
    if (at === rounds / 2) await outside.move(place, 'stirred again');
  }
}

/** Resolves when all is quiet, and every copy was brought up to date once more. */
export async function followCommotion(outside: Outside, replicas: readonly (readonly [Directory, Replica])[]): Promise<void> {
  const state = { isDone: false };
  const stirring = stir(outside).finally(() => (state.isDone = true));
  while (!state.isDone) for (const [directory, replica] of replicas) await replica.follow(directory);
  await stirring;
  for (const [directory, replica] of replicas) await replica.follow(directory);
}
