// A group of 100,000 members in slapd.
import { startSlapd } from '../servers/slapd.ts';
import { slapd } from './faces.ts';
import { describeLargeGroup } from './large-group.ts';

describeLargeGroup({ face: slapd, start: (ldif) => startSlapd({ ldif }) });
