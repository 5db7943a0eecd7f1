// Filters over 389 Directory Server find what the evaluator finds in memory (L-008).
import { ds389 } from '../directory/faces.ts';
import { describeEquivalence } from './filter-live.ts';

describeEquivalence(ds389);
