// The snapshot against live lists, over Samba as Active Directory, while connections break and the server hesitates.
import { samba } from '../directory/faces.ts';
import { describeSnapshotEquivalence } from './snapshot-live.ts';

describeSnapshotEquivalence(samba, { detect: 'usn', disturbed: true });
