// The contract over the directory of the demo: what people try first must be what they get.
import { describeContract } from './contract.ts';
import { embedded } from './faces.ts';

describeContract(embedded);
