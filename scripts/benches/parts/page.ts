/**
 * Pages as a Node.js service with prom-client shows them: its default metrics, an HTTP histogram by route and status, and
 * what the application counts itself. Values move with time, slowly, and differ by kind.
 */

/** A histogram's upper bounds, prom-client's defaults. */
const bounds = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf'] as const;
const routes = ['/', '/orders', '/orders/:id', '/users/:id/orders', '/search', '/checkout', '/health'] as const;
const heapSpaces = [
  'read_only',
  'old',
  'code',
  'shared',
  'new',
  'large_object',
  'code_large_object',
  'trusted',
] as const;
const gcKinds = ['minor', 'major', 'incremental', 'weakcb'] as const;

type Lines = string[];

const head = (lines: Lines, name: string, type: string, help: string): void => {
  lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
};

const simple = (lines: Lines, name: string, type: string, help: string, value: number): void => {
  head(lines, name, type, help);
  lines.push(`${name} ${value}`, '');
};

/** `labels` without braces; most observations lie in the lower buckets. */
const histogram = (lines: Lines, name: string, labels: string, count: number, mean: number): void => {
  for (const bound of bounds) {
    const share = bound === '+Inf' ? 1 : 1 - Math.exp(-Number(bound) / mean);
    lines.push(`${name}_bucket{le="${bound}",${labels}} ${Math.floor(count * share)}`);
  }
  lines.push(`${name}_sum{${labels}} ${(count * mean).toFixed(6)}`, `${name}_count{${labels}} ${count}`);
};

/** What the bench's service file asks for. */
const asked = (lines: Lines, kind: number, second: number): void => {
  const busy = 20 + kind;
  simple(
    lines,
    'process_cpu_seconds_total',
    'counter',
    'Total user and system CPU time spent in seconds.',
    Number((second * 0.11 + kind).toFixed(6)),
  );
  simple(
    lines,
    'process_start_time_seconds',
    'gauge',
    'Start time of the process since unix epoch in seconds.',
    1_700_000_000 + kind,
  );
  simple(
    lines,
    'process_resident_memory_bytes',
    'gauge',
    'Resident memory size in bytes.',
    91_000_000 + kind * 4096 + (second % 60) * 8192,
  );
  simple(lines, 'process_memory_limit_bytes', 'gauge', 'Memory that this process may use.', 536_870_912);
  simple(
    lines,
    'nodejs_eventloop_lag_p99_seconds',
    'gauge',
    'The 99th percentile of the recorded event loop delays.',
    0.011 + ((second + kind) % 7) / 10_000,
  );
  simple(lines, 'http_requests_in_flight', 'gauge', 'Requests being served.', (second + kind) % 4);
  head(lines, 'log_messages_total', 'counter', 'Lines logged, by level.');
  for (const [level, perSecond] of [
    ['info', 25],
    ['warn', 1],
    ['error', 0],
  ] as const)
    lines.push(`log_messages_total{level="${level}"} ${perSecond * second + kind}`);
  lines.push('');
  head(lines, 'http_request_duration_seconds', 'histogram', 'Duration of HTTP requests in seconds.');
  histogram(lines, 'http_request_duration_seconds', 'method="GET",route="/",status_code="200"', busy * second, 0.03);
  histogram(
    lines,
    'http_request_duration_seconds',
    'method="GET",route="/",status_code="500"',
    Math.floor(second / 30),
    0.2,
  );
};

/** prom-client's other default metrics. */
const defaults = (lines: Lines, kind: number, second: number): void => {
  simple(lines, 'process_open_fds', 'gauge', 'Number of open file descriptors.', 30 + kind);
  simple(lines, 'process_max_fds', 'gauge', 'Maximum number of open file descriptors.', 1_048_576);
  simple(
    lines,
    'nodejs_eventloop_lag_seconds',
    'gauge',
    'Lag of event loop in seconds.',
    0.0023 + ((second + kind) % 9) / 10_000,
  );
  simple(lines, 'nodejs_active_handles_total', 'gauge', 'Total number of active handles.', 12 + (second % 5));
  simple(
    lines,
    'nodejs_heap_size_used_bytes',
    'gauge',
    'Process heap size used from Node.js in bytes.',
    41_000_000 + (second % 60) * 65_536,
  );
  head(
    lines,
    'nodejs_gc_duration_seconds',
    'histogram',
    'Garbage collection duration by kind, one of major, minor, incremental or weakcb.',
  );
  for (const gc of gcKinds) histogram(lines, 'nodejs_gc_duration_seconds', `kind="${gc}"`, second * 2, 0.002);
  lines.push('');
  for (const what of ['total', 'used', 'available']) {
    const name = `nodejs_heap_space_size_${what}_bytes`;
    head(lines, name, 'gauge', `Process heap space size ${what} from Node.js in bytes.`);
    heapSpaces.forEach((space, nth) =>
      lines.push(`${name}{space="${space}"} ${(nth + 1) * 1_048_576 + ((second + kind) % 60) * 4096}`),
    );
    lines.push('');
  }
};

/** Histograms of the application's own, one after the other until the page is full: other routes, then other things. */
const more = (lines: Lines, second: number, full: () => boolean): void => {
  for (const name of [
    'http_request_duration_seconds',
    'db_query_duration_seconds',
    'http_client_duration_seconds',
    'cache_lookup_duration_seconds',
  ]) {
    const asks = name === 'http_request_duration_seconds';
    if (!asks) head(lines, name, 'histogram', 'Duration in seconds.');
    for (const route of routes.slice(asks ? 1 : 0, asks ? 3 : undefined)) {
      if (full()) return;
      const labels = asks ? `method="GET",route="${route}",status_code="200"` : `operation="${route}",outcome="ok"`;
      histogram(lines, name, labels, second * 7, 0.04);
    }
  }
};

const bytesOf = (lines: Lines): number => lines.reduce((sum, line) => sum + line.length + 1, 0);

/**
 * The page of one kind at one second, about `bytes` long. Of 4 KB it has the asked for metrics alone; of 20 KB all default
 * metrics, and histograms to fill it.
 */
export const pageText = (kind: number, second: number, bytes: number): string => {
  const lines: Lines = [];
  asked(lines, kind, second);
  if (bytes > 10_000) {
    more(lines, second, () => bytesOf(lines) > 0.2 * bytes);
    defaults(lines, kind, second);
    // The last histogram overshoots by half its length on average.
    more(lines, second, () => bytesOf(lines) > bytes - 500);
  }
  return `${lines.join('\n')}\n`;
};
