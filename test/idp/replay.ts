// Every dialogue over one directory: the presets as they are shipped, and for providers that send roles a mapping that has them.
// A directory joins by calling `replayDialogues` with its Face.
import { afterAll, beforeAll, describe } from 'vitest';
import type { Face } from '../directory/faces.ts';
import { openStage, type Stage } from '../directory/stage.ts';
import { authentik } from './authentik.ts';
import { awsSync } from './aws-sync.ts';
import { Dialogue, type Replay } from './dialogue.ts';
import { entraFlag } from './entra-flag.ts';
import { entraValidator } from './entra-validator.ts';
import { entra } from './entra.ts';
import { jumpCloud } from './jumpcloud.ts';
import { keycloakLittleAuth, keycloakMitodl } from './keycloak.ts';
import { midPoint, sailPoint } from './sailpoint.ts';
import { oktaAiw } from './okta-aiw.ts';
import { oktaOin } from './okta-oin.ts';
import { oneLogin } from './onelogin.ts';
import { ping } from './ping.ts';

const onPreset: Readonly<Record<string, Replay>> = {
  'Entra ID with the feature flag': entraFlag,
  'Okta, application of the network': oktaOin,
  'Okta, application of the wizard': oktaAiw,
  OneLogin: oneLogin,
  Ping: ping,
  authentik,
  'Keycloak with the extension of mitodl': keycloakMitodl,
  'Keycloak with the extension of little-auth': keycloakLittleAuth,
  'a sync tool as for AWS': awsSync,
  JumpCloud: jumpCloud,
  SailPoint: sailPoint,
  midPoint,
};
const withRoles: Readonly<Record<string, Replay>> = { 'Entra ID': entra, 'the validator of Entra ID': entraValidator };

const mappingWithRoles = (face: Face): string => {
  const name = face.type === 'samba-ad' ? 'active-directory' : face.type === '389ds' ? '389ds' : 'openldap';
  return `../fixtures/mappings/roles-${name}.yaml`;
};

export function replayDialogues(face: Face): void {
  replayOn(`dialogues over ${face.name}`, face, onPreset);
  replayOn(`dialogues over ${face.name} with roles`, { ...face, mapping: mappingWithRoles(face) }, withRoles);
}

function replayOn(name: string, face: Face, replays: Readonly<Record<string, Replay>>): void {
  describe(`${name}`, () => {
    let stage: Stage | undefined;
    beforeAll(async () => {
      stage = await openStage(face);
    }, 120_000);
    afterAll(() => stage?.stop());
    for (const [provider, replay] of Object.entries(replays)) {
      describe(`${provider}`, () => {
        replay((caller) => {
          if (stage === undefined) throw new Error('the stage is open only while tests run');
          return new Dialogue(stage, caller);
        });
      });
    }
  });
}
