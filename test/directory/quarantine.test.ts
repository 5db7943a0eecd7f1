// Deletes that can be taken back, over a real OpenLDAP.
import { slapd } from './faces.ts';
import { describeQuarantine } from './quarantine.ts';

describeQuarantine({
  face: { ...slapd, mapping: '../fixtures/mappings/quarantine.yaml' },
  marker: 'description',
  state: { attribute: 'employeeType', disabled: 'disabled' },
});
