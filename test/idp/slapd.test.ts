// The dialogues of the identity providers over a real OpenLDAP.
import { slapd } from '../directory/faces.ts';
import { replayDialogues } from './replay.ts';

replayDialogues(slapd);
