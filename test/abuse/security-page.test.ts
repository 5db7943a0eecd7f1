// SECURITY.md and the tests stay in step: every attempt of this folder is on its list, and whatever the list cites is a test.
// No RFC.
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Row {
  readonly attempt: string;
  readonly file: string;
  /** Of a test elsewhere, as it stands in its file. */
  readonly title: string | undefined;
}

const page = readFileSync('SECURITY.md', 'utf8');
const rows: readonly Row[] = [...page.matchAll(/^\| (.+?) \| \[[^\]]+\]\((test\/[^)]+)\)(?: _(.+)_)? \|$/gm)].map(
  ([, attempt = '', file = '', title]) => ({ attempt, file, title }),
);
const isOurs = (file: string): boolean => file.startsWith('test/abuse/');

/** What the tests of a file are called, each after the block that it stands in. */
function readTitles(text: string): readonly string[] {
  let block = '';
  const titles: string[] = [];
  for (const { groups = {} } of text.matchAll(
    /^(?<indent> *)(?<kind>describe|test)(?:\.each\([^\n]*\))?\(\s*'(?<title>(?:[^'\\]|\\.)*)'/gm,
  )) {
    const { indent = '', kind, title = '' } = groups;
    if (kind === 'describe') block = title;
    else titles.push((indent === '' ? title : `${block}: ${title}`).replaceAll('%s', '…'));
  }
  return titles;
}

const tried = globSync('test/abuse/*.test.ts')
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => !file.endsWith('security-page.test.ts'))
  .flatMap((file) => readTitles(readFileSync(file, 'utf8')).map((attempt) => `| ${attempt} | [${file.slice(5, -8)}](${file}) |`));

test('every attempt is on the list, in its words', () => {
  expect(tried.length).toBeGreaterThan(40);
  const lines = new Set(page.split('\n'));
  expect(tried.filter((line) => !lines.has(line))).toEqual([]);
});

test('nothing is on the list that nobody tries', () => {
  const listed = page.split('\n').filter((line) => line.includes('](test/abuse/'));
  expect(listed.filter((line) => !tried.includes(line))).toEqual([]);
});

test('what is cited from elsewhere is a test there', () => {
  const cited = rows.filter(({ file }) => !isOurs(file));
  expect(cited.length).toBeGreaterThan(30);
  const missing = cited.filter(
    ({ file, title }) =>
      title === undefined ||
      (!readFileSync(file, 'utf8').includes(`'${title.replaceAll('’', "'")}'`) && !readFileSync(file, 'utf8').includes(`'${title}'`)),
  );
  expect(missing).toEqual([]);
});
