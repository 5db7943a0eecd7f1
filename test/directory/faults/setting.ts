// A gateway in front of a directory that a test of faults has set up, with the impatience that keeps tests short.
// Test set-up only.
import { connect } from '../../../src/ldap/connection.ts';
import { DirectoryError } from '../../../src/ldap/directory.ts';
import { type SlapdOptions, startSlapd } from '../../servers/slapd.ts';
import { type Face, slapd } from '../faces.ts';
import { openStage, type Stage, type StageOptions } from '../stage.ts';

/** Registers what is to be undone after the test. */
export type After = (cleanUp: () => unknown) => void;

export const haste = { retryFirst: 50, retryLast: 200, health: 300, stable: 0 } as const;

/** What the tests of faults have in a slapd unless they say otherwise. */
export const plainSlapd: Face = { ...slapd, start: () => startSlapd({ overlays: ['refint'] }) };

export async function openOver(after: After, server: SlapdOptions, options: StageOptions = {}): Promise<Stage> {
  return openFace(after, { ...slapd, start: () => startSlapd({ overlays: ['refint'], ...server }) }, options);
}

export async function openFace(after: After, face: Face, options: StageOptions = {}): Promise<Stage> {
  const stage = await openStage(face, { intervals: haste, ...options });
  after(() => stage.stop());
  return stage;
}

export const isReady = async ({ url }: Pick<Stage, 'url'>): Promise<boolean> => (await fetch(`${url}/ready`)).status === 200;

/** Whether the directory takes this password. */
export async function binds({ directory }: Stage, dn: string, password: string): Promise<boolean> {
  const tls = { ca: directory.tls ? [directory.tls.ca] : [] };
  try {
    (await connect({ url: directory.url, bind: { dn, password }, tls, timeouts: { connect: 5000, operation: 5000 } })).close();
    return true;
  } catch (error) {
    if (error instanceof DirectoryError && error.kind === 'credentials') return false;
    throw error;
  }
}

/** A slapd whose entries can be told what to answer: those with the class errAuxObject (slapo-retcode(5)). */
export const withRetcode: SlapdOptions = {
  global: 'moduleload retcode',
  config: 'overlay retcode\nretcode-parent "ou=none,dc=example,dc=test"\nretcode-indir',
};
