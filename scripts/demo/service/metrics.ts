/** What a demo service says of itself: the metrics that a well-kept Node service has, by prom-client. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export interface Metrics {
  readonly registry: Registry;
  readonly duration: Histogram<'method' | 'route' | 'status_code'>;
  readonly inFlight: Gauge;
  readonly logged: Counter<'level'>;
  readonly poolInUse: Gauge;
}

export const createMetrics = (options: { readonly poolSize: number; readonly memoryLimitBytes: number }): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({ name: 'db_pool_size', help: 'Connections that the pool may open.', registers }).set(options.poolSize);
  new Gauge({ name: 'process_memory_limit_bytes', help: 'Memory that the process may use.', registers }).set(
    options.memoryLimitBytes,
  );
  const logged = new Counter({
    name: 'log_messages_total',
    help: 'Messages logged.',
    labelNames: ['level'],
    registers,
  });
  logged.inc({ level: 'error' }, 0);
  return {
    registry,
    logged,
    duration: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time until the answer was sent.',
      labelNames: ['method', 'route', 'status_code'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    inFlight: new Gauge({
      name: 'http_requests_in_flight',
      help: 'Requests accepted and not yet answered.',
      registers,
    }),
    poolInUse: new Gauge({ name: 'db_pool_in_use', help: 'Connections of the pool in use.', registers }),
  };
};
