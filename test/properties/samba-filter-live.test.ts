// Filters over Samba as Active Directory find what the evaluator finds in memory (L-008).
import { samba } from '../directory/faces.ts';
import { describeEquivalence } from './filter-live.ts';

describeEquivalence(samba);
