// The tests of faults that every server has to stand, and those that only one kind can be brought to.
// 4.14, T-067 to T-069, L-004.
import { afterEach, describe } from 'vitest';
import type { Value } from '../../../src/ldap/filter.ts';
import type { Face } from '../faces.ts';
import type { Audited, Write } from './audit.ts';
import { cuts } from './cuts.ts';
import { freezes } from './freezes.ts';
import { passwordChanges } from './password-changes.ts';
import { restarts } from './restarts.ts';
import type { After } from './setting.ts';

/** What the tests must know of a server. */
export interface Ground {
  readonly face: Face;
  /** Starts one that writes down every write. */
  readonly startAudited: () => Promise<Audited>;
  /** The kinds of writes that it writes down. */
  readonly audits: readonly Write['kind'][];
  /** How a password travels: by an operation of its own, or as an attribute. */
  readonly setsPassword: 'extended' | 'modify';
  /** How an administrator sets one. */
  readonly password: { readonly attribute: string; readonly encode: (text: string) => Value };
  /** Tests of this server alone. */
  readonly more: Readonly<Record<string, (after: After) => void>>;
}

export function describeFaults(ground: Ground): void {
  const cleanUps: (() => unknown)[] = [];
  const after: After = (cleanUp) => cleanUps.push(cleanUp);
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  });
  const parts: Readonly<Record<string, (after: After) => void>> = {
    restarts: () => restarts(after, ground),
    cuts: () => cuts(ground.face, ground.setsPassword),
    freezes: () => freezes(after, ground.face),
    'password changes': () => passwordChanges(after, ground),
    ...ground.more,
  };
  describe(`faults of ${ground.face.name}`, () => {
    for (const [name, part] of Object.entries(parts)) {
      describe(`${name}`, () => {
        part(after);
      });
    }
  });
}
