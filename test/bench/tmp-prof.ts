import { openStage } from './stage.ts';
import { drive } from './load.ts';
import { get } from './subjects.ts';
import { personAt } from './population.ts';
const [what, dir] = process.argv.slice(2);
const users = 10000;
const stage = await openStage({ users, runs: 1, profile: dir, note: () => undefined });
const at =
  what === 'get'
    ? (i: number) => get(`/Users/${personAt((i * 7919) % users).id}`)
    : what === 'attrs'
      ? (i: number) => get(`/Users?attributes=userName,emails,active&startIndex=${1 + ((i * 7919) % 9900)}&count=100`)
      : what === 'lookup'
        ? (i: number) => get(`/Users?filter=${encodeURIComponent(`userName eq "${personAt((i * 7919) % users).uid}"`)}&attributes=userName`)
        : what === 'same'
          ? () => get('/Users?count=100')
          : (i: number) => get(`/Users?startIndex=${1 + ((i * 7919) % 9900)}&count=100`);
const target = what === 'lookup' ? stage.live : stage.cached;
await drive(target, at, 500, 16);
const before = await target.child.usage();
const n = Number(process.argv[4] ?? 15000);
await drive(target, at, n, 16);
console.log(what, ((await target.child.usage()).cpu - before.cpu) / n, 'µs');
await stage.stop();
process.exit(0);
