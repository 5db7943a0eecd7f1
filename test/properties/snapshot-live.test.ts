// The snapshot against live lists, over the embedded directory and slapd.
import { embedded, slapd } from '../directory/faces.ts';
import { startSlapd } from '../servers/slapd.ts';
import { describeSnapshotEquivalence } from './snapshot-live.ts';

describeSnapshotEquivalence(embedded);
const withSyncprov = { ...slapd, start: () => startSlapd({ overlays: ['refint', 'syncprov'] }) };
describeSnapshotEquivalence(withSyncprov, { detect: 'syncrepl' });
describeSnapshotEquivalence(withSyncprov, { detect: 'syncrepl', disturbed: true });
