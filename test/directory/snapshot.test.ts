// The snapshot over the embedded directory and slapd.
import { startSlapd } from '../servers/slapd.ts';
import { embedded, slapd } from './faces.ts';
import { describeSnapshot } from './snapshot.ts';

describeSnapshot({ face: embedded, detect: 'entrycsn', tellsDeletions: false });
describeSnapshot({ face: slapd, detect: 'entrycsn', tellsDeletions: false });
describeSnapshot({
  face: { ...slapd, start: () => startSlapd({ overlays: ['refint', 'ppolicy', 'syncprov'] }) },
  detect: 'syncrepl',
  tellsDeletions: true,
});
