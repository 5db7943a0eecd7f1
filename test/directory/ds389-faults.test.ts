// What goes wrong between the gateway and 389 Directory Server: what the client saw and what the directory then holds.
// 4.14, T-067 to T-069, L-004.
import { ds389 } from './faces.ts';
import { startAuditedDs389 } from './faults/audit.ts';
import { describeFaults } from './faults/describe.ts';
import { ds389Limits } from './faults/limits.ts';
import { references } from './faults/refusals.ts';

describeFaults({
  face: ds389,
  startAudited: startAuditedDs389,
  audits: ['add', 'modify', 'rename', 'delete'],
  setsPassword: 'extended',
  password: { attribute: 'userPassword', encode: (text) => text },
  more: { limits: ds389Limits, references },
});
