// The dialogues of the identity providers over a real 389 Directory Server.
import { ds389 } from '../directory/faces.ts';
import { replayDialogues } from './replay.ts';

replayDialogues(ds389);
