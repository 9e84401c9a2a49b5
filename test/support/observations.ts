/** Builders for what the score stage sees: instances, observations and judgements, with only what a test cares about. */
import type { InstanceId, MetricName, MetricPolicy, ServiceName, ServicePolicy } from '../../config/index.js';
import type { Absence } from '../../engine/client/index.js';
import type { Instance, Judgement, Observation, Reading, UpObservation } from '../../engine/model.js';

export const instanceNamed = (id: string, change: Partial<Instance> = {}): Instance => ({
  id: id as InstanceId,
  service: 'checkout' as ServiceName,
  node: { name: 'n1', address: '10.0.0.1' },
  datacenter: 'dc1',
  address: '10.0.0.1',
  port: 8080,
  tags: [],
  meta: {},
  consul: 'passing',
  consulWhy: '',
  checks: [],
  joinedAt: null,
  ...change,
});

export const answered = (at: number): UpObservation => ({ last: 'answered', inARow: 1, missed: 0, at, why: 'answers' });
export const refused = (at: number, inARow = 1): UpObservation => ({
  last: 'refused',
  inARow,
  missed: 0,
  at,
  why: 'connection refused',
});
export const lost = (at: number, inARow = 1): UpObservation => ({
  last: 'lost',
  inARow,
  missed: inARow,
  at,
  why: 'no answer within 2s',
});

export const unfinished = (at: number, inARow = 1): UpObservation => ({
  last: 'unfinished',
  inARow,
  missed: inARow,
  at,
  why: 'no whole answer within 2s',
});

/** A number is a fresh value; a word is why there is none. Metrics that are not named are at their `good`. */
export type Values = Readonly<Record<string, number | Absence>>;

export interface ObservationChange extends Partial<Omit<Observation, 'readings' | 'instance'>> {
  readonly instance?: Instance;
}

const readingOf = (value: number | Absence, at: number): Reading =>
  typeof value === 'number' ? { kind: 'value', value, sampledAt: at } : { kind: 'absent', absence: value, since: at };

/** What is observed of a healthy instance at `at`, except for the values given. */
export const observed = (
  policy: ServicePolicy,
  at: number,
  values: Values = {},
  { instance = instanceNamed('checkout-1'), ...change }: ObservationChange = {},
): Observation => ({
  instance,
  readings: new Map(
    policy.metrics
      .filter(({ source }) => source.kind !== 'up')
      .map(({ name, good }) => [name, readingOf(values[name] ?? good, at)]),
  ),
  up: answered(at),
  requests: 1_000,
  inFlight: 0,
  processStartedAt: 1,
  moving: new Set(),
  ...change,
});

/** A metric of a policy, by name. */
export const metricOf = (policy: ServicePolicy, name: string): MetricPolicy => {
  const found = policy.metrics.find((metric) => metric.name === name);
  if (found === undefined) throw new Error(`the policy has no metric ${name}`);
  return found;
};

/** A gauge of the app level, weight 1, good 0, critical 1: its value is its penalty. */
export const gaugeNamed = (name: string, change: Partial<MetricPolicy> = {}): MetricPolicy => ({
  name: name as MetricName,
  level: 'app',
  source: { kind: 'query', promql: name },
  good: 0,
  critical: 1,
  weight: 1,
  cap: null,
  curve: { kind: 'linear' },
  blame: 'self',
  dryRun: false,
  minTraffic: null,
  noData: { kind: 'skip' },
  unit: 'none',
  ...change,
});

/** A judgement of a metric: a number is its penalty, a word why it has none. */
export const judged = (metric: MetricPolicy, outcome: number | Absence): Judgement => ({
  name: metric.name,
  metric,
  value: typeof outcome === 'number' ? outcome : null,
  sampledAt: typeof outcome === 'number' ? 0 : null,
  status: typeof outcome === 'number' ? 'judged' : 'absent',
  absence: typeof outcome === 'number' ? null : outcome,
  since: typeof outcome === 'number' ? null : 0,
  penalty: typeof outcome === 'number' ? outcome : outcome === 'too-little-traffic' ? 0 : null,
  pointsLost: 0,
  moving: false,
});
