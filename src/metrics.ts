// Counters of requests and gauges of the process, as the text that Prometheus reads; fed by the diagnostics channels of the HTTP layer.
// Prometheus exposition format 0.0.4. Labels are patterns, numbers and names from the configuration: few, and never a personal value.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

type Labels = Readonly<Record<string, string>>;

/** One number of a metric. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

export interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Metrics {
  /** Counters since `createMetrics`, the process, and what the caller adds. */
  render(others: readonly Metric[]): string;
  close(): void;
}

interface Count {
  readonly labels: Labels;
  requests: number;
  seconds: number;
}

export function createMetrics(): Metrics {
  const counts = new Map<string, Count>();
  let failures = 0;
  const countRequest = (message: unknown): void => {
    const { client, method, route, status, milliseconds } = message as Readonly<Record<string, unknown>>;
    const labels = { client: textOf(client), method: textOf(method), route: textOf(route), status: textOf(status) };
    const key = JSON.stringify(labels);
    const count = counts.get(key) ?? { labels, requests: 0, seconds: 0 };
    count.requests += 1;
    count.seconds += typeof milliseconds === 'number' ? milliseconds / 1000 : 0;
    counts.set(key, count);
  };
  const countFailure = (): void => {
    failures += 1;
  };
  subscribe('ldap-scim-gateway:request', countRequest);
  subscribe('ldap-scim-gateway:failure', countFailure);

  return {
    render(others) {
      const all = [...counts.values()];
      const own: readonly Metric[] = [
        {
          name: 'scim_gateway_requests_total',
          type: 'counter',
          help: 'Requests answered, by client, method, route and status.',
          samples: all.map(({ labels, requests }) => ({ labels, value: requests })),
        },
        {
          name: 'scim_gateway_request_seconds_total',
          type: 'counter',
          help: 'Time that those requests took, in seconds.',
          samples: all.map(({ labels, seconds }) => ({ labels, value: seconds })),
        },
        {
          name: 'scim_gateway_failures_total',
          type: 'counter',
          help: 'Requests that failed because of a defect or an outage.',
          samples: [{ value: failures }],
        },
      ];
      return [...own, ...others, ...describeProcess()].map(formatMetric).join('');
    },
    close() {
      unsubscribe('ldap-scim-gateway:request', countRequest);
      unsubscribe('ldap-scim-gateway:failure', countFailure);
    },
  };
}

function describeProcess(): readonly Metric[] {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const gauge = (name: string, help: string, value: number): Metric => ({ name, type: 'gauge', help, samples: [{ value }] });
  return [
    gauge('process_start_time_seconds', 'When the process started, in seconds since 1970.', Date.now() / 1000 - process.uptime()),
    gauge('process_resident_memory_bytes', 'Resident memory.', rss),
    gauge('nodejs_heap_size_used_bytes', 'Used memory of the heap.', heapUsed),
    {
      name: 'process_cpu_seconds_total',
      type: 'counter',
      help: 'Processor time, user and system.',
      samples: [{ value: (user + system) / 1e6 }],
    },
  ];
}

function formatMetric({ name, type, help, samples }: Metric): string {
  const lines = samples.map(({ labels, value }) => `${name}${formatLabels(labels ?? {})} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
