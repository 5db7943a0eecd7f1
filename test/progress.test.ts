// A line that changes on a terminal, plain lines elsewhere, and nothing for what is quick.
import { expect, test } from 'vitest';
import { openProgress } from '../src/progress.ts';

function record(isTTY: boolean) {
  const written: string[] = [];
  let time = 0;
  const progress = openProgress({ write: (text: string | Uint8Array) => written.push(String(text)) > 0, isTTY, columns: 30 }, () => time);
  return { written, progress, pass: (milliseconds: number) => (time += milliseconds) };
}

test('on a terminal one line changes, not too often, fits, and goes', () => {
  const { written, progress, pass } = record(true);
  progress.begin('reading Users');
  for (let done = 1; done <= 400; done++) {
    pass(10);
    progress.count(done * 1000);
  }
  progress.begin('a name that is much too long for the width of this terminal');
  pass(200);
  progress.count(7);
  progress.end();
  expect(written.length).toBeGreaterThan(20);
  expect(written.length).toBeLessThan(50);
  expect(written[0]).toBe('\r\u001b[Kreading Users: 50,000 …');
  expect(written.at(-2)).toBe(`\r\u001b[K${'a name that is much too long for the width'.slice(0, 29)}`);
  expect(written.at(-1)).toBe('\r\u001b[K');
  expect(written.join('')).not.toContain('\n');
});

test('elsewhere there are plain lines, and few', () => {
  const { written, progress, pass } = record(false);
  progress.begin('reading Users');
  for (let done = 1; done <= 400; done++) {
    pass(100);
    progress.count(done);
  }
  progress.end();
  expect(written).toEqual(['reading Users: 50 …\n', 'reading Users: 200 …\n', 'reading Users: 350 …\n']);
});

test.each([true, false])('what is quick says nothing (terminal: %s)', (isTTY) => {
  const { written, progress, pass } = record(isTTY);
  progress.begin('reading');
  pass(400);
  progress.count(1);
  progress.end();
  expect(written).toEqual([]);
});
