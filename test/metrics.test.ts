// Metrics: what the channels say becomes counters, in a form that Prometheus reads.
// Prometheus exposition format 0.0.4.
import { channel } from 'node:diagnostics_channel';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMetrics, type Metrics } from '../src/metrics.ts';

const requests = channel('ldap-scim-gateway:request');
const failures = channel('ldap-scim-gateway:failure');
const request = { client: 'okta', method: 'GET', route: '/scim/v2/Users/{id}', status: 200, milliseconds: 250 };

let metrics: Metrics;
beforeEach(() => {
  metrics = createMetrics();
});
afterEach(() => metrics.close());

const linesOf = async (name: string): Promise<readonly string[]> =>
  (await metrics.render([])).split('\n').filter((line) => line.startsWith(name));

test('requests are counted and timed by client, method, route and status', async () => {
  requests.publish(request);
  requests.publish(request);
  requests.publish({ ...request, status: 404 });
  const labels = 'client="okta",method="GET",route="/scim/v2/Users/{id}",status';
  expect(await linesOf('scim_gateway_requests_total')).toEqual([
    `scim_gateway_requests_total{${labels}="200"} 2`,
    `scim_gateway_requests_total{${labels}="404"} 1`,
  ]);
  expect((await linesOf('scim_gateway_request_seconds_total'))[0]).toBe(`scim_gateway_request_seconds_total{${labels}="200"} 0.5`);
});

test('how long requests took is in buckets, by method and route', async () => {
  requests.publish(request);
  requests.publish({ ...request, client: 'other', status: 404, milliseconds: 3 });
  const labels = 'method="GET",route="/scim/v2/Users/{id}"';
  expect(await linesOf('scim_gateway_request_duration_seconds')).toEqual(
    expect.arrayContaining([
      `scim_gateway_request_duration_seconds_bucket{le="0.005",${labels}} 1`,
      `scim_gateway_request_duration_seconds_bucket{le="0.25",${labels}} 2`,
      `scim_gateway_request_duration_seconds_bucket{le="+Inf",${labels}} 2`,
      `scim_gateway_request_duration_seconds_sum{${labels}} 0.253`,
      `scim_gateway_request_duration_seconds_count{${labels}} 2`,
    ]),
  );
});

test('nobody and nowhere are empty labels', async () => {
  requests.publish({ ...request, client: undefined, route: undefined, status: 401 });
  expect(await linesOf('scim_gateway_requests_total')).toEqual([
    'scim_gateway_requests_total{client="",method="GET",route="",status="401"} 1',
  ]);
});

test('failures are counted', async () => {
  failures.publish({ requestId: 'x', error: new Error('x') });
  expect(await linesOf('scim_gateway_failures_total')).toEqual(['scim_gateway_failures_total 1']);
});

test('L-037 references left out of answers are counted by directory and type', async () => {
  const hidden = channel('ldap-scim-gateway:hidden');
  hidden.publish({ directory: 'main', resourceType: 'Group', references: 2 });
  hidden.publish({ directory: 'main', resourceType: 'Group', references: 3 });
  hidden.publish({ directory: 'main', resourceType: 'User', references: 1 });
  expect(await linesOf('scim_gateway_references_hidden_total')).toEqual([
    'scim_gateway_references_hidden_total{directory="main",type="Group"} 5',
    'scim_gateway_references_hidden_total{directory="main",type="User"} 1',
  ]);
});

test('nothing is counted after the end', async () => {
  metrics.close();
  requests.publish(request);
  expect(await linesOf('scim_gateway_requests_total')).toEqual([]);
});

test('what nobody knows is no number, and whoever asks again gets no number twice', async () => {
  const others = [
    { name: 'a', help: 'A.', samples: [] },
    { name: 'b', help: 'B.', samples: [{ value: 1 }] },
  ];
  await metrics.render(others);
  const lines = (await metrics.render(others)).split('\n');
  expect([lines.filter((line) => /^a\b/.test(line)), lines.filter((line) => /^b\b/.test(line))]).toEqual([[], ['b 1']]);
});

test('values of labels cannot break out of their quotes', async () => {
  const text = await metrics.render([{ name: 'a', help: 'A.', samples: [{ labels: { b: 'x"} 1\n\\' }, value: 1 }] }]);
  expect(text).toContain('# HELP a A.\n# TYPE a gauge\na{b="x\\"} 1\\n\\\\"} 1\n');
});

test('every line is a comment or a sample, and every metric has a help and a type', async () => {
  requests.publish(request);
  const text = await metrics.render([]);
  expect(text.endsWith('\n')).toBe(true);
  const lines = text.split('\n').filter((line) => line !== '');
  const sample = /^([a-z_\d]+)(?:\{(?:[a-z_]+="[^"\n]*",?)*\})? (?:-?[\d.]+(?:e[+-]?\d+)?|Nan)$/;
  expect(lines.filter((line) => !/^# (?:HELP|TYPE) [a-z_\d]+ \S/.test(line) && !sample.test(line))).toEqual([]);
  const described = new Set(lines.flatMap((line) => /^# TYPE (\S+) (?:counter|gauge|histogram)$/.exec(line)?.[1] ?? []));
  const named = lines.flatMap((line) => sample.exec(line)?.[1] ?? []);
  expect(named.filter((name) => !described.has(name) && !described.has(name.replace(/_(?:bucket|sum|count)$/, '')))).toEqual([]);
  expect([...described]).toEqual(
    expect.arrayContaining([
      'process_start_time_seconds',
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
      'nodejs_heap_size_used_bytes',
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_gc_duration_seconds',
    ]),
  );
});
