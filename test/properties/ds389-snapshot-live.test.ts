// The snapshot against live lists, over 389 Directory Server, while connections break and the server hesitates.
import { ds389 } from '../directory/faces.ts';
import { describeSnapshotEquivalence } from './snapshot-live.ts';

describeSnapshotEquivalence(ds389, { disturbed: true });
