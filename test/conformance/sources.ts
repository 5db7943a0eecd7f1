// What docs/conformance.md is made of: the requirements, the rules, and where the sources, tests, mappings and pages speak of them.
import { globSync } from 'node:fs';
import { findEvidence, findMentions } from './evidence.ts';
import { reasons, titles } from './requirements.ts';
import { rules } from './rules.ts';
import type { Sources } from './table.ts';

/** The page itself and the lists behind it speak of everything. */
const own = /^(?:docs\/conformance\.md|test\/conformance\/(?:evidence|requirements|rules|table(?:\.test)?)\.ts)$/;

export function findSources(): Sources {
  const files = globSync(['src/**/*.ts', 'test/**/*.ts', 'mappings/*.yaml', 'docs/*.md']).map((file) => file.replaceAll('\\', '/'));
  const mentions = findMentions(files.filter((file) => !own.test(file)).toSorted());
  return { titles, reasons, rules, evidence: findEvidence('test'), mentions };
}
