// Deletes that can be taken back, over Samba as Active Directory.
import { samba } from './faces.ts';
import { describeQuarantine } from './quarantine.ts';

describeQuarantine({
  face: { ...samba, mapping: '../fixtures/mappings/quarantine-active-directory.yaml' },
  marker: 'url',
  state: { attribute: 'userAccountControl', disabled: '514' },
});
