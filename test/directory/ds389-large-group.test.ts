// A group of 100,000 members in 389 Directory Server, with its plugin MemberOf.
import { startDs389 } from '../servers/ds389.ts';
import { ds389, overTls } from './faces.ts';
import { describeLargeGroup } from './large-group.ts';

describeLargeGroup({ face: ds389, start: async (ldif) => overTls(await startDs389({ ldif })) });
