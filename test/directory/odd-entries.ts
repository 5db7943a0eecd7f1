// Entries as real directories hold them: values missing, several, in mixed case, beyond ASCII, with odd blanks. Added past the gateway.
// Test set-up only.
import fc from 'fast-check';
import { DirectoryError } from '../../src/ldap/directory.ts';
import { type Dn, formatDn } from '../../src/ldap/dn.ts';
import type { Face } from './faces.ts';
import type { Stage } from './stage.ts';

/**
 * What matching rules and case folding disagree about: blanks, width, ligatures, composition, dotless i, final sigma. Not among them:
 * symbols that stand for capital letters (Ⅷ, ℍ, Ⓐ). OpenLDAP folds their case before it takes them apart, so that `VIII` does not find
 * `Ⅷ`, and no filter that it could be asked would, short of asking for everything.
 */
export const oddTexts = [
  'Ann',
  'ann',
  'ANN',
  'Ann Marie',
  'Ann  Marie',
  ' Ann',
  'Ann ',
  'Ann-Marie',
  'annmarie',
  'Müller',
  'MÜLLER',
  'Mu\u0308ller',
  'Muller',
  'Mueller',
  'Straße',
  'STRASSE',
  'ﬁne',
  'fine',
  'İstanbul',
  'istanbul',
  'ısı',
  'VIII',
  '\u212Aelvin',
  'kelvin',
  'Σίσυφος',
  'ΣΊΣΥΦΟΣ',
  'Ｗｉｄｅ',
  'wide',
  'Å',
  '\u212B',
  'A\u030A',
  '山田 太郎',
  '😀 smile',
  'e\u0301',
  'é',
  'e',
  'a*b',
  '(x)',
  'back\\slash',
  '"quoted"',
  'a,b+c=d',
  "O'Neil",
  '#hash',
  'nbsp\u00a0here',
  'nbsp here',
  'soft\u00adhyphen',
  'softhyphen',
  'tab\tbed',
  'tab bed',
  'zero\u200bwidth',
  'x'.repeat(150),
  '0',
  '-',
  '*',
] as const;
export const oddPhones = [
  '+1 555 0100',
  '+15550100',
  '+1-555-0100',
  '+1 555-01 00',
  '+1 555 0100 ext 7',
  '+1 (555) 0100',
  '555',
  '5 5 5',
  '+41 44 111 22 33',
  '1-1',
] as const;
export const oddMails = [
  'ann@example.com',
  'ANN@Example.COM',
  'ann+tag@example.com',
  'bob@example.org',
  'a_b@sub.example.com',
  '"odd local"@example.com',
  'ann@example.co',
] as const;
export const oddNumbers = ['7', '10', '007', '42', ' 42', 'E-7', 'e-7'] as const;
const languages = ['en', 'EN', 'de-CH', 'fr'] as const;

/** The texts that the directory takes, and finds by the ASCII text that they are in compatibility form. */
function textsFor({ longestName, comparesForms }: Face): readonly string[] {
  const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);
  return oddTexts.filter((text) => text.length <= longestName && (comparesForms || isAscii(text) || !isAscii(text.normalize('NFKC'))));
}

/** A name that the directory takes, and that ends and begins with no blank. */
function oddName(text: string, { longestName }: Face): string {
  return text.trim().slice(-longestName).toWellFormed().trim();
}

const values = (from: readonly string[], most = 3): fc.Arbitrary<readonly string[]> => {
  const one = fc.constantFrom(...from).map((value) => [value]);
  const several = fc.uniqueArray(fc.constantFrom(...from), { minLength: Math.min(2, most), maxLength: most });
  return fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 4, arbitrary: one }, { weight: 2, arbitrary: several });
};

const some = (from: readonly string[], most: number): fc.Arbitrary<readonly string[]> =>
  values(from, most).map((list) => (list.length > 0 ? list : [from[0] ?? 'x']));

/** What an entry of a person holds, by LDAP attribute; of what names it, the values beside its name. */
function person(face: Face): fc.Arbitrary<Readonly<Record<string, readonly string[]>>> {
  const { ldap, multiValued } = face;
  const texts = textsFor(face);
  const most = multiValued ? 3 : 1;
  return fc.record({
    ...(multiValued && { uid: values(texts, 2), cn: some(texts, most) }),
    sn: some(texts, most),
    givenName: values(texts, most),
    displayName: values(texts, 1),
    title: values(texts, most),
    [ldap.mail]: values(oddMails),
    telephoneNumber: values(oddPhones, most),
    mobile: values(oddPhones, most),
    homePhone: values(oddPhones, most),
    [ldap.street]: values(texts, most),
    l: values(texts, most),
    st: values(texts, most),
    postalCode: values(oddNumbers, most),
    [ldap.externalId]: values(texts, most),
    [ldap.employeeNumber]: values(oddNumbers, 1),
    [ldap.state.attribute]: values(ldap.state.values, 1),
    [ldap.department]: values(oddNumbers, most),
    [ldap.organization]: values(texts, most),
    preferredLanguage: values(languages, 1),
  });
}

/** Adds people and groups of them; the same ones for the same seed. */
export async function addOddEntries(stage: Stage, seed: number, users = 70, groups = 12): Promise<void> {
  const { face, directory, userDn, groupDn } = stage;
  const { ldap, keepsDangling } = face;
  const known: Dn[] = [];
  const [gone, foreign] = [`uid=gone,${face.places.users},${directory.suffix}`, 'cn=foreign,dc=other'];
  const pick = fc.sample(fc.nat(), { seed, numRuns: 10_000 }).values();
  const next = (below: number): number => (pick.next().value ?? 0) % below;
  const texts = textsFor(face);
  const nameOf = (text: string): string => oddName(text, face);
  const names = fc.sample(fc.constantFrom(...texts, 'user'), { seed, numRuns: users });
  for (const [i, sample] of fc.sample(person(face), { seed, numRuns: users }).entries()) {
    const dn = userDn(nameOf(`${names[i] ?? ''} ${i}`));
    const manager = i > 3 && next(3) === 0 ? [formatDn(known[next(known.length)] ?? dn)] : keepsDangling && next(9) === 0 ? [gone] : [];
    const name = String(dn.rdns[0]?.[0]?.value);
    const aliases = (sample['uid'] ?? []).slice(1).map((alias) => `${alias} alias ${i}`);
    await add(stage, dn, { ...sample, objectClass: ldap.userClasses, [ldap.userName]: [name, ...aliases], manager });
    known.push(dn);
  }
  for (let i = 0; i < groups; i++) {
    const dn = groupDn(nameOf(`${texts[next(texts.length)] ?? ''} group ${i}`));
    const members = Array.from({ length: next(6) }, () => formatDn(known[next(known.length)] ?? dn));
    const hidden =
      face.placeholder !== undefined && (members.length === 0 || next(3) === 0) ? [`${face.placeholder},${directory.suffix}`] : [];
    const others = keepsDangling && next(4) === 0 ? [foreign] : [];
    const externalId = next(2) === 0 ? { [ldap.groupExternalId]: [texts[next(texts.length)] ?? 'x'] } : {};
    await add(stage, dn, {
      objectClass: ldap.groupClasses,
      cn: [String(dn.rdns[0]?.[0]?.value)],
      [ldap.member]: [...new Set([...members, ...hidden, ...others])],
      ...externalId,
    });
    known.push(dn);
  }
}

/** Values that the directory takes for equal to another (20), or does not take at all (19, 21), are left out. */
async function add({ look }: Stage, dn: Dn, attributes: Readonly<Record<string, readonly string[]>>): Promise<void> {
  const named = Object.entries(attributes).filter(([, values]) => values.length > 0);
  const isList = (name: string): boolean => name === 'objectClass';
  await look.add(dn, Object.fromEntries(named.map(([name, values]) => [name, isList(name) ? values : values.slice(0, 1)])));
  for (const [attribute, values] of named.filter(([name]) => !isList(name))) {
    for (const value of values.slice(1)) {
      await look.directory.modify(dn, [{ operation: 'add', attribute, values: [value] }]).catch((error: unknown) => {
        if (!(error instanceof DirectoryError) || ![19, 20, 21].includes(error.resultCode ?? -1)) throw error;
      });
    }
  }
}
