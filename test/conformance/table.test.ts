// docs/conformance.md is what the tests and the list of requirements make it, and no requirement is without either a test or a reason.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findEvidence, idsIn } from './evidence.ts';
import { reasons, titles } from './requirements.ts';
import { findFaults, renderTable } from './table.ts';

const sources = { titles, reasons, evidence: findEvidence('test') };

test('every requirement has either a test or a reason, and every id in the name of a test is a requirement', () => {
  expect(findFaults(sources)).toEqual([]);
});

test('docs/conformance.md is up to date (otherwise: npm run generate)', () => {
  expect(readFileSync('docs/conformance.md', 'utf8')).toBe(renderTable(sources));
});

describe('ids are read from names of tests', () => {
  test.each([
    ['a title', "test('R-001 is so', () => {});", ['R-001']],
    ['a row of a table', "    ['R-002 T-003 name', { a: 1 }, \"it's\"],", ['R-002', 'T-003']],
    ['a range', "describe('parse (R-147 to R-149, C-001)', () => {", ['C-001', 'R-147', 'R-148', 'R-149']],
    ['a template', 'describe(`R-004 ${name}`, () => {', ['R-004']],
    ['not a comment', "// test('R-005 is so')\n/** R-006 */\n * R-007", []],
    ['not code without quotes', 'const x = R-008;', []],
    ['not other ids', "test('L-009 D-10 AR-011 R-0123', () => {});", []],
  ])('%s', (_name, source, ids) => {
    expect([...idsIn(source)].toSorted()).toEqual(ids);
  });
});

describe('faults', () => {
  const found = { titles: { 'R-001': 'one' }, reasons: {}, evidence: new Map([['R-001', ['a.test.ts']]]) };

  test.each([
    ['none', {}, []],
    ['neither a test nor a reason', { evidence: new Map() }, ['R-001 has neither a test nor a reason: one']],
    ['both', { reasons: { 'R-001': { notYet: 'x' } } }, ['R-001 has tests, so its reason must go: a.test.ts']],
    ['a reason instead of tests', { reasons: { 'R-001': { notYet: 'x' } }, evidence: new Map() }, []],
    ['an id that nobody knows', { titles: {} }, ['R-001 is no requirement: a.test.ts']],
    ['a reason for nothing', { reasons: { 'R-002': { decided: 'x' } } }, ['R-002 is no requirement, but has a reason']],
  ])('%s', (_name, change, faults) => {
    expect(findFaults({ ...found, ...change })).toEqual(faults);
  });

  test('the table says why, or where', () => {
    const { evidence } = found;
    const page = renderTable({ ...found, titles: { 'R-001': 'one', 'R-002': 'two' }, reasons: { 'R-002': { notYet: 'x' } }, evidence });
    expect(page).toContain('| R-001 | one | [a](../test/a.test.ts) |\n| R-002 | two | not in this version: x |');
    expect(page).toContain('Of 2 requirements 1 have tests');
  });
});
