// Counters of requests and gauges of the process, as the text that Prometheus reads; fed by the diagnostics channels of the HTTP layer.
// Prometheus exposition format 0.0.4. Labels are patterns, numbers and names from the configuration: few, and never a personal value.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

/** One number of a metric. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

/** What somebody else knows at the time of the question. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Metrics {
  /** Counters since `createMetrics`, what the caller adds, and the process. */
  render(others: readonly Metric[]): Promise<string>;
  close(): void;
}

/** Seconds. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const counter = (name: string, help: string, labelNames: readonly string[] = []): Counter =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const labels = ['client', 'method', 'route', 'status'];
  const requests = counter('scim_gateway_requests_total', 'Requests answered, by client, method, route and status.', labels);
  const seconds = counter('scim_gateway_request_seconds_total', 'Time that those requests took, in seconds.', labels);
  const durations = new Histogram({
    name: 'scim_gateway_request_duration_seconds',
    help: 'How long requests took, in seconds, by method and route.',
    labelNames: ['method', 'route'],
    buckets,
    registers: [registry],
  });
  const failures = counter('scim_gateway_failures_total', 'Requests that failed because of a defect or an outage.');
  const hidden = counter(
    'scim_gateway_references_hidden_total',
    'References left out of answers because they name nothing that is a resource, by directory and resource type.',
    ['directory', 'type'],
  );
  const countRequest = (message: unknown): void => {
    const { client, method, route, status, milliseconds } = message as Readonly<Record<string, unknown>>;
    const own = { client: textOf(client), method: textOf(method), route: textOf(route), status: textOf(status) };
    const took = numberOf(milliseconds) / 1000;
    requests.inc(own);
    seconds.inc(own, took);
    durations.observe({ method: own.method, route: own.route }, took);
  };
  const countFailure = (): void => failures.inc();
  const countHidden = (message: unknown): void => {
    const { directory, resourceType, references } = message as Readonly<Record<string, unknown>>;
    hidden.inc({ directory: textOf(directory), type: textOf(resourceType) }, numberOf(references));
  };
  subscribe('ldap-scim-gateway:hidden', countHidden);
  subscribe('ldap-scim-gateway:request', countRequest);
  subscribe('ldap-scim-gateway:failure', countFailure);

  return {
    async render(others) {
      const texts = await Promise.all([registry, measure(others), measureProcess()].map((each) => each.metrics()));
      return texts.filter((text) => text.trim() !== '').join('');
    },
    close() {
      unsubscribe('ldap-scim-gateway:hidden', countHidden);
      unsubscribe('ldap-scim-gateway:request', countRequest);
      unsubscribe('ldap-scim-gateway:failure', countFailure);
    },
  };
}

function measure(metrics: readonly Metric[]): Registry {
  const registry = new Registry();
  for (const { name, help, samples } of metrics) {
    const [first] = samples;
    // One that has no labels begins with 0, which is not what nobody knows.
    if (first === undefined) continue;
    const gauge = new Gauge({ name, help, labelNames: Object.keys(first.labels ?? {}), registers: [registry] });
    for (const { labels = {}, value } of samples) gauge.set(labels, value);
  }
  return registry;
}

let ofProcess: Registry | undefined;

/** Memory, processor, event loop and garbage collection: once, because what observes them cannot be ended. */
function measureProcess(): Registry {
  if (ofProcess === undefined) collectDefaultMetrics({ register: (ofProcess = new Registry()) });
  return ofProcess ?? new Registry();
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
