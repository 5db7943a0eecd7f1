// Writes docs/conformance.md anew: `npm run generate`.
import { writeFileSync } from 'node:fs';
import { findEvidence } from './evidence.ts';
import { reasons, titles } from './requirements.ts';
import { renderTable } from './table.ts';

writeFileSync('docs/conformance.md', renderTable({ titles, reasons, evidence: findEvidence('test') }));
