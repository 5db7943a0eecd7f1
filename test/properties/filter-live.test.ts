// Filters over the embedded directory and over slapd find what the evaluator finds in memory (L-008).
import { embedded, slapd } from '../directory/faces.ts';
import { describeEquivalence } from './filter-live.ts';

describeEquivalence(embedded);
describeEquivalence(slapd);
