// What goes wrong between the gateway and a directory, over slapd: for each fault what the client saw and what the directory then holds.
// 4.14 (error table; connection lost during a write), T-067 to T-069, L-004: no acknowledged write is lost, none is done twice.
import { startAuditedSlapd } from './faults/audit.ts';
import { describeFaults } from './faults/describe.ts';
import { limits } from './faults/limits.ts';
import { refusals } from './faults/refusals.ts';
import { plainSlapd } from './faults/setting.ts';
import { slowness } from './faults/slowness.ts';

describeFaults({
  face: plainSlapd,
  startAudited: startAuditedSlapd,
  audits: ['add', 'modify', 'rename', 'delete'],
  setsPassword: 'extended',
  password: { attribute: 'userPassword', encode: (text) => text },
  more: { slowness, limits, refusals },
});
