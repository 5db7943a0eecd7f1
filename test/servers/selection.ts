// Which servers the tests run over: those that are here or may be installed, or those that DIRECTORIES names.
// Test set-up only. The test files of a server that is not among them are not collected; what is left out is said aloud.
import { type Product, whyMissing } from './install.ts';

/** slapd is always there: most tests need a real server, and it is the one that can be had everywhere. */
const optional = ['samba', 'ds389', 'nginx', 'faketime'] as const satisfies readonly Product[];
type Optional = (typeof optional)[number];

const names: Readonly<Record<Product, string>> = {
  slapd: 'slapd',
  samba: 'Samba as Active Directory',
  ds389: '389 Directory Server',
  nginx: 'nginx',
  faketime: 'clocks that are wrong',
};

export interface Selection {
  readonly selected: ReadonlySet<Product>;
  /** Why the others are not. */
  readonly left: ReadonlyMap<Optional, string>;
}

/**
 * DIRECTORIES is `all`, or a list such as `slapd,samba`: then those run, and what cannot be started is a failure. Without it, what can be.
 * @throws Error for a name that is none
 */
export async function selectDirectories(wanted: string | undefined): Promise<Selection> {
  const asked = wanted
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const unknown = asked?.find((name) => name !== 'all' && !(name in names));
  if (unknown !== undefined) throw new Error(`DIRECTORIES names ${unknown}: there are all, ${Object.keys(names).join(', ')}`);
  const left = new Map<Optional, string>();
  for (const product of optional) {
    const reason =
      asked === undefined ? await whyMissing(product) : asked.includes('all') || asked.includes(product) ? undefined : 'not in DIRECTORIES';
    if (reason !== undefined) left.set(product, reason);
  }
  return { selected: new Set<Product>(['slapd', ...optional.filter((product) => !left.has(product))]), left };
}

/** The files that must not be collected. */
export function filesLeftOut({ left }: Selection): readonly string[] {
  return [...left.keys()].map((product) => `test/**/${product}*.test.ts`);
}

/** `Servers: …; not …`, in one line. */
export function describeSelection({ selected, left }: Selection): string {
  const run = ['the embedded directory', ...[...selected].map((product) => names[product])].join(', ');
  const not = [...left].map(([product, reason]) => `; not ${names[product]} (${reason})`).join('');
  return `Servers: ${run}${not}`;
}
