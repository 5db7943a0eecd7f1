// The contract over a real 389 Directory Server, and what is special about it.
import { describeContract } from './contract.ts';
import { ds389 } from './faces.ts';

describeContract(ds389);
