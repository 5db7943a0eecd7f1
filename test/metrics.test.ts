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

const linesOf = (name: string): readonly string[] =>
  metrics
    .render([])
    .split('\n')
    .filter((line) => line.startsWith(name));

test('requests are counted and timed by client, method, route and status', () => {
  requests.publish(request);
  requests.publish(request);
  requests.publish({ ...request, status: 404 });
  const labels = 'client="okta",method="GET",route="/scim/v2/Users/{id}",status';
  expect(linesOf('scim_gateway_requests_total')).toEqual([
    `scim_gateway_requests_total{${labels}="200"} 2`,
    `scim_gateway_requests_total{${labels}="404"} 1`,
  ]);
  expect(linesOf('scim_gateway_request_seconds_total')[0]).toBe(`scim_gateway_request_seconds_total{${labels}="200"} 0.5`);
});

test('nobody and nowhere are empty labels', () => {
  requests.publish({ ...request, client: undefined, route: undefined, status: 401 });
  expect(linesOf('scim_gateway_requests_total')).toEqual(['scim_gateway_requests_total{client="",method="GET",route="",status="401"} 1']);
});

test('failures are counted', () => {
  failures.publish({ requestId: 'x', error: new Error('x') });
  expect(linesOf('scim_gateway_failures_total')).toEqual(['scim_gateway_failures_total 1']);
});

test('nothing is counted after the end', () => {
  metrics.close();
  requests.publish(request);
  expect(linesOf('scim_gateway_requests_total')).toEqual([]);
});

test('values of labels cannot break out of their quotes', () => {
  const text = metrics.render([{ name: 'a', type: 'gauge', help: 'A.', samples: [{ labels: { b: 'x"} 1\n\\' }, value: 1 }] }]);
  expect(text).toContain('# HELP a A.\n# TYPE a gauge\na{b="x\\"} 1\\n\\\\"} 1\n');
});

test('every line is a comment or a sample, and every metric has a help and a type', () => {
  requests.publish(request);
  const text = metrics.render([]);
  expect(text.endsWith('\n')).toBe(true);
  const lines = text.trimEnd().split('\n');
  const sample = /^([a-z_]+)(?:\{(?:[a-z]+="[^"\n]*",?)*\})? -?[\d.]+(?:e[+-]?\d+)?$/;
  expect(lines.filter((line) => !/^# (?:HELP|TYPE) [a-z_]+ \S/.test(line) && !sample.test(line))).toEqual([]);
  const described = new Set(lines.flatMap((line) => /^# TYPE (\S+) (?:counter|gauge)$/.exec(line)?.[1] ?? []));
  const named = lines.flatMap((line) => sample.exec(line)?.[1] ?? []);
  expect(named.filter((name) => !described.has(name))).toEqual([]);
  expect([...described]).toEqual(expect.arrayContaining(['process_start_time_seconds', 'process_resident_memory_bytes']));
});
