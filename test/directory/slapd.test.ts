// The contract over a real OpenLDAP.
import { describeContract } from './contract.ts';
import { slapd } from './faces.ts';

describeContract(slapd);
