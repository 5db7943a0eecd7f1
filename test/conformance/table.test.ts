// docs/conformance.md is what the tests and the list of requirements make it, and no requirement is without either a test or a reason.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { idsIn } from './evidence.ts';
import { findSources } from './sources.ts';
import { findFaults, renderTable } from './table.ts';

const sources = findSources();

test('every requirement has either a test or a reason, and every id in a source, test or page is listed', () => {
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
    ['rules and decisions', "test('L-009 D-10 D-01 to D-03', () => {});", ['D-01', 'D-02', 'D-03', 'D-10', 'L-009']],
    ['not other ids', "test('AR-011 R-0123 D-100 X-001', () => {});", []],
  ])('%s', (_name, source, ids) => {
    expect([...idsIn(source)].toSorted()).toEqual(ids);
  });
});

describe('faults', () => {
  const evidence = new Map([['R-001', ['a.test.ts']]]);
  const found = { titles: { 'R-001': 'one' }, reasons: {}, rules: {}, evidence, mentions: new Map<string, readonly string[]>() };

  test.each([
    ['none', {}, []],
    ['neither a test nor a reason', { evidence: new Map() }, ['R-001 has neither a test nor a reason: one']],
    ['both', { reasons: { 'R-001': { notYet: 'x' } } }, ['R-001 has tests, so its reason must go: a.test.ts']],
    ['a reason instead of tests', { reasons: { 'R-001': { notYet: 'x' } }, evidence: new Map() }, []],
    ['an id that nobody knows', { titles: {} }, ['R-001 is no requirement: a.test.ts']],
    ['an id in a comment that nobody knows', { mentions: new Map([['L-001', ['a.ts']]]) }, ['L-001 is no requirement: a.ts']],
    ['a rule that nothing speaks of', { rules: { 'L-001': 'x' } }, ['nothing speaks of L-001']],
    ['a rule that a comment speaks of', { rules: { 'L-001': 'x' }, mentions: new Map([['L-001', ['a.ts']]]) }, []],
    ['a reason for nothing', { reasons: { 'R-002': { decided: 'x' } } }, ['R-002 is no requirement, but has a reason']],
  ])('%s', (_name, change, faults) => {
    expect(findFaults({ ...found, ...change })).toEqual(faults);
  });

  test('the table says why, or where', () => {
    const rules = { 'L-001': 'a rule', 'D-01': 'a decision' };
    const page = renderTable({ ...found, rules, titles: { 'R-001': 'one', 'R-002': 'two' }, reasons: { 'R-002': { notYet: 'x' } } });
    expect(page).toContain('| R-001 | one | [a](../test/a.test.ts) |\n| R-002 | two | not in this version: x |');
    expect(page).toContain('Of 2 requirements 1 have tests');
    expect(page).toContain('| L-001 | a rule |  |');
  });
});
