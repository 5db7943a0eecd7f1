// What goes wrong between the gateway and a domain controller, over Samba: what the client saw and what the directory then holds.
// 4.14, T-067 to T-069, L-004.
import { samba } from './faces.ts';
import { startAuditedSamba } from './faults/audit.ts';
import { describeFaults } from './faults/describe.ts';

describeFaults({
  face: samba,
  startAudited: startAuditedSamba,
  // Samba does not write down renames.
  audits: ['add', 'modify', 'delete'],
  setsPassword: 'modify',
  password: { attribute: 'unicodePwd', encode: (text) => Buffer.from(`"${text}"`, 'utf16le') },
  more: {},
});
