// The snapshot over 389 Directory Server, by its ways of telling what changed.
import { startDs389 } from '../servers/ds389.ts';
import { ds389, overTls } from './faces.ts';
import { describeSnapshot } from './snapshot.ts';

describeSnapshot({ face: ds389, detect: 'timestamp', tellsDeletions: false });
describeSnapshot({ face: ds389, detect: 'entryusn', tellsDeletions: false, asAdmin: true });
const withChangelog = { ...ds389, start: async () => overTls(await startDs389({ changelog: true })) };
describeSnapshot({ face: withChangelog, detect: 'changelog', tellsDeletions: true, asAdmin: true });
