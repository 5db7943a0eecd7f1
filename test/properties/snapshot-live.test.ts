// The snapshot against live lists, over the embedded directory and slapd.
import { embedded, slapd } from '../directory/faces.ts';
import { startSlapd } from '../servers/slapd.ts';
import { describeSnapshotEquivalence } from './snapshot-live.ts';

describeSnapshotEquivalence(embedded);
describeSnapshotEquivalence({ ...slapd, start: () => startSlapd({ overlays: ['refint', 'syncprov'] }) }, 'syncrepl');
