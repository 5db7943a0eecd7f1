// How texts compare, over directories whose own rules differ from those of SCIM: preparation, absence, order, blanks and aliases.
// RFC 7643 section 2.3.1; RFC 7644 sections 3.4.2.2 and 5; RFC 8265; RFC 4518.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embedded, slapd } from '../directory/faces.ts';
import { newName, newUser } from '../directory/scim-client.ts';
import { openStage, type Stage } from '../directory/stage.ts';

describe.each([embedded, slapd])('comparison over $name', (face) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(face);
  }, 60_000);
  afterAll(() => stage.stop());

  const create = async (extra: Record<string, unknown>): Promise<string> => {
    const made = await stage.scim.post('/Users', newUser(extra));
    expect(made.status).toBe(201);
    return made.id;
  };
  const found = async (filter: string): Promise<readonly unknown[]> => (await stage.scim.find('/Users', filter)).map(({ id }) => id);

  test.each([
    ['full-width letters', (name: string) => name, (name: string) => [...name].map((letter) => widen(letter)).join('')],
    ['a composed and a decomposed letter', (name: string) => `${name}-é`, (name: string) => `${name}-e\u0301`],
    ['letters in another case, beyond ASCII', (name: string) => `${name}-ÄÖÜ`, (name: string) => `${name}-äöü`],
  ])('R-214 R-215 R-216 a userName with %s is the same for uniqueness and for filters', async (_name, first, second) => {
    const name = newName('precis');
    const id = await create({ userName: first(name) });
    expect((await stage.scim.post('/Users', newUser({ userName: second(name) }))).status).toBe(409);
    expect(await found(`userName eq "${second(name)}"`)).toEqual([id]);
  });

  test.each([
    ['a dotless i', 'ıx', 'Ix'],
    ['sharp s', 'straße', 'strasse'],
    ['a final sigma', 'ΣΊΣΥΦΟΣ', 'Σίσυφος'],
    ['letters of two directions', 'ab\u05d0', 'AB\u05d0'],
    ['a ligature', 'ﬁn', 'FIN'],
    ['a Kelvin sign', '\u212a', 'k'],
  ])('R-214 R-215 %s: who is found by a name keeps others from taking it, and who is not does not', async (_name, first, second) => {
    const name = newName('precis');
    const id = await create({ userName: `${name}-${first}` });
    const again = await stage.scim.post('/Users', newUser({ userName: `${name}-${second}` }));
    const isFound = (await found(`userName eq "${name}-${second}"`)).includes(id);
    expect([again.status, isFound]).toEqual(isFound ? [409, true] : [201, false]);
  });

  test('R-216 a dotted capital I is another letter than i to filters, whatever the directory says', async () => {
    const name = newName('dotted');
    const id = await create({ userName: `${name}-İx` });
    expect(await found(`userName eq "${name}-i\u0307X"`)).toEqual([id]);
    expect(await found(`userName eq "${name}-ix"`)).toEqual([]);
  });

  test('R-217 a character that the directory cannot compare does not make a taken name free', async () => {
    const userName = `${newName('unassigned')}-\u0378`;
    const first = await stage.scim.post('/Users', newUser({ userName }));
    const second = await stage.scim.post('/Users', newUser({ userName }));
    expect([first.status < 300 && second.status < 300, second.status >= 400 && second.status < 500]).toEqual([false, true]);
  });

  test('T-038 not (x eq v) and x ne v find those without x', async () => {
    const title = newName('absent');
    const [without, withOther, withIt] = [
      await create({ externalId: title }),
      await create({ externalId: title, preferredLanguage: 'de' }),
      await create({ externalId: title, preferredLanguage: 'fr' }),
    ];
    for (const filter of ['not (preferredLanguage eq "fr")', 'preferredLanguage ne "fr"']) {
      const ids = await found(`externalId eq "${title}" and ${filter}`);
      expect([ids.includes(without), ids.includes(withOther), ids.includes(withIt)]).toEqual([true, true, false]);
    }
  });

  test('T-039 gt and lt work on texts whose LDAP attribute has no ordering rule', async () => {
    const externalId = newName('order');
    const [low, high] = [await create({ externalId, displayName: 'Alpha' }), await create({ externalId, displayName: 'Omega' })];
    expect(await found(`externalId eq "${externalId}" and displayName gt "m"`)).toEqual([high]);
    expect(await found(`externalId eq "${externalId}" and displayName lt "m"`)).toEqual([low]);
  });

  test('T-040 what differs by blanks is another text, though LDAP takes it for the same', async () => {
    const title = newName('two');
    const id = await create({ title: `${title}  blanks` });
    expect(await found(`title eq "${title}  blanks"`)).toEqual([id]);
    expect(await found(`title eq "${title} blanks"`)).toEqual([]);
    expect(await found(`title sw "${title}  b"`)).toEqual([id]);
  });

  test('T-041 who has several names in LDAP is found by the one that is shown', async () => {
    const { look, scim } = stage;
    const [userName, alias] = [newName('named'), newName('alias')];
    const id = await create({ userName });
    await look.change(id, 'add', 'uid', alias);
    const shown = String((await scim.get(`/Users/${id}`)).body['userName']);
    expect(await found(`userName eq "${shown}"`)).toEqual([id]);
    expect(await found(`userName eq "${shown === userName ? alias : userName}"`)).toEqual([]);
  });
});

/** The full-width form of a printable ASCII letter. */
function widen(letter: string): string {
  const code = letter.charCodeAt(0);
  return code > 0x20 && code < 0x7f ? String.fromCharCode(code + 0xfee0) : letter;
}
