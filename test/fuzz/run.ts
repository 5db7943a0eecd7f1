// `node test/fuzz/run.ts --requests 100000 --seed N`: a fuzz run of any length; what it finds is printed with the seed that shows it again.
// `--directory slapd`: behind the gateway is slapd, not the embedded directory. Exit code 1 for a finding. A thread of its own watches over the time: a loop that never ends would stop every timer here.
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { runFuzz } from './session.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    users: { type: 'string', default: '40' },
    outages: { type: 'string', default: '2' },
    directory: { type: 'string', default: 'embedded' },
  },
});
const [requests, seed, users, outages] = [values.requests, values.seed, values.users, values.outages].map(Number);

/** Seconds without progress. */
const patience = 60;
const progress = new Int32Array(new SharedArrayBuffer(4));
const watchdog = `
const { workerData } = require('node:worker_threads');
const { writeSync } = require('node:fs');
let last = Date.now(), done = 0;
setInterval(() => {
  const now = Atomics.load(workerData, 0);
  if (now !== done) [done, last] = [now, Date.now()];
  if (Date.now() - last < ${patience * 1000}) return;
  writeSync(2, 'seed ${seed} hangs after request ' + done + '\\n');
  process.kill(process.pid, 'SIGKILL');
}, 1000);
`;
const dog = new Worker(watchdog, { eval: true, workerData: progress });
dog.unref();

console.log(`seed ${seed}: ${requests} requests`);
const started = Date.now();
const report = await runFuzz({
  seed: seed ?? 0,
  requests: requests ?? 0,
  users: users ?? 0,
  outages: outages ?? 0,
  directory: values.directory === 'slapd' ? 'slapd' : 'embedded',
  onProgress: (done, what) => {
    Atomics.store(progress, 0, done);
    if (done % 5000 < 200) console.log(`${done} requests, ${Math.round((Date.now() - started) / 1000)} s, ${what}`);
  },
});
await dog.terminate();
for (const { number, problem, request, answer } of report.findings) {
  console.log(`\n--- request ${number}: ${problem}\n${request}\n${answer}\nagain: --seed ${seed} --requests ${number}`);
}
const statuses = [...report.statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
console.log(`\nseed ${seed}: ${report.requests} requests in ${Math.round((Date.now() - started) / 1000)} s`);
const { milliseconds, number, request } = report.slowest;
console.log(`slowest: ${milliseconds} ms, request ${number} ${request}`);
console.log(`${statuses.join(', ')}\n${report.undone} taken back, ${report.findings.length} findings`);
process.exitCode = report.findings.length > 0 ? 1 : 0;
