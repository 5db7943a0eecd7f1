// The contract over Samba as an Active Directory domain controller.
import { describeContract } from './contract.ts';
import { samba } from './faces.ts';

describeContract(samba);
