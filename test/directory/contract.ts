// The contract: what a client sees is the same over every directory, and what lands in the directory is what the mapping says.
// A directory joins by calling `describeContract` with its Face. RFC 7643 and 7644; ids of the requirement list are in the names.
import { afterAll, beforeAll, describe } from 'vitest';
import { bulk } from './contract/bulk.ts';
import { concurrency } from './contract/concurrency.ts';
import { cursors } from './contract/cursors.ts';
import { discovery } from './contract/discovery.ts';
import { foreign } from './contract/foreign.ts';
import { groups } from './contract/groups.ts';
import { lists } from './contract/lists.ts';
import { me } from './contract/me.ts';
import { membership } from './contract/membership.ts';
import { naming } from './contract/naming.ts';
import { outages } from './contract/outages.ts';
import { passwords } from './contract/passwords.ts';
import { patches } from './contract/patches.ts';
import { requests } from './contract/requests.ts';
import { restrictions } from './contract/restrictions.ts';
import { spellings } from './contract/spellings.ts';
import { users } from './contract/users.ts';
import type { Face } from './faces.ts';
import { openStage, type Stage } from './stage.ts';

/** One part of the contract: declares its tests for a directory; the stage is there when they run. */
export type Part = (stage: () => Stage, face: Face) => void;

const parts = {
  discovery,
  users,
  lists,
  cursors,
  bulk,
  me,
  patches,
  groups,
  membership,
  naming,
  spellings,
  foreign,
  passwords,
  restrictions,
  concurrency,
  requests,
} satisfies Record<string, Part>;

export function describeContract(face: Face): void {
  describe(`the contract over ${face.name}`, () => {
    let stage: Stage | undefined;
    const running = (): Stage => {
      if (stage === undefined) throw new Error('the stage is open only while tests run');
      return stage;
    };
    beforeAll(async () => {
      stage = await openStage(face);
    }, 120_000);
    afterAll(() => stage?.stop());
    for (const [name, part] of Object.entries(parts)) {
      describe(`${name}`, () => {
        part(running, face);
      });
    }
  });
  describe(`outages of ${face.name}`, () => {
    outages(face);
  });
}
