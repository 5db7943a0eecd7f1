// The dialogues of the identity providers over Samba as Active Directory.
import { samba } from '../directory/faces.ts';
import { replayDialogues } from './replay.ts';

replayDialogues(samba);
