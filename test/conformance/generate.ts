// Writes docs/conformance.md anew: `npm run generate`.
import { writeFileSync } from 'node:fs';
import { findSources } from './sources.ts';
import { renderTable } from './table.ts';

writeFileSync('docs/conformance.md', renderTable(findSources()));
