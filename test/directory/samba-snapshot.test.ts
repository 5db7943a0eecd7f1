// The snapshot over Samba as Active Directory, by both of its ways of telling what changed.
import { samba } from './faces.ts';
import { describeSnapshot } from './snapshot.ts';

// An ordinary account does not see what is deleted.
describeSnapshot({ face: samba, detect: 'usn', tellsDeletions: false });
describeSnapshot({ face: samba, detect: 'usn', tellsDeletions: true, asAdmin: true });
describeSnapshot({ face: samba, detect: 'dirsync', tellsDeletions: true, asAdmin: true });
