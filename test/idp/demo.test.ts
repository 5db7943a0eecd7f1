// The dialogues of the identity providers over the directory of the demo.
import { embedded } from '../directory/faces.ts';
import { replayDialogues } from './replay.ts';

replayDialogues(embedded);
