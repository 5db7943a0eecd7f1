// The contract over the directory of the demo with the face of Active Directory: no Samba is needed to see what the gateway does there.
import { describeContract } from './contract.ts';
import { embeddedActiveDirectory } from './faces.ts';

describeContract(embeddedActiveDirectory());
