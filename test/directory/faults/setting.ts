// A gateway in front of a slapd that a test of faults has set up, with the impatience that keeps tests short.
// Test set-up only.
import { type SlapdOptions, startSlapd } from '../../servers/slapd.ts';
import { slapd } from '../faces.ts';
import { openStage, type Stage, type StageOptions } from '../stage.ts';

/** Registers what is to be undone after the test. */
export type After = (cleanUp: () => unknown) => void;

export const haste = { retryFirst: 50, retryLast: 200, health: 300 } as const;

export async function openOver(after: After, server: SlapdOptions, options: StageOptions = {}): Promise<Stage> {
  const stage = await openStage(
    { ...slapd, start: () => startSlapd({ overlays: ['refint'], ...server }) },
    { intervals: haste, ...options },
  );
  after(() => stage.stop());
  return stage;
}

export const isReady = async ({ url }: Pick<Stage, 'url'>): Promise<boolean> => (await fetch(`${url}/ready`)).status === 200;

/** A slapd whose entries can be told what to answer: those with the class errAuxObject (slapo-retcode(5)). */
export const withRetcode: SlapdOptions = {
  global: 'moduleload retcode',
  config: 'overlay retcode\nretcode-parent "ou=none,dc=example,dc=test"\nretcode-indir',
};
