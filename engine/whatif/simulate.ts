/** A score from values that somebody gives: the real judgement of one evaluation, of an instance that is nowhere. */
import { traffic as trafficDefaults } from '../../config/defaults.js';
import type { MetricName, MetricPolicy, ServicePolicy } from '../../config/index.js';
import { thresholdIn } from '../../config/thresholds.js';
import { BallastError } from '../../lib/errors.js';
import { didYouMean } from '../../lib/spelling.js';
import { shareIn, type SimulateRequest, type Simulation } from '../client/index.js';
import { describe, peersAmong } from '../describe.js';
import { explain } from '../explain.js';
import { newcomer, type InstanceMemory } from '../memory.js';
import type { Observation, Reading, UpObservation } from '../model.js';
import { evaluate } from '../pipeline.js';
import { standIn } from '../stand-in.js';
import { needsTraffic } from '../score/index.js';
import { zoneOf } from '../zone/index.js';

export type GivenValues = Pick<SimulateRequest, 'values' | 'up' | 'traffic'>;

const observedUp = (up: SimulateRequest['up'], now: number): UpObservation => ({
  last: up === 'up' ? 'answered' : up === 'down' ? 'refused' : 'none',
  inARow: 1,
  missed: 0,
  at: now,
  why: up === 'down' ? 'as given' : 'answers',
});

const invalid = (message: string, hint: string | null): BallastError =>
  new BallastError('INVALID_REQUEST', message, { status: 400, ...(hint === null ? {} : { hint }) });

const refuseUnknown = ({ metrics, service }: ServicePolicy, values: SimulateRequest['values']): void => {
  const names = metrics.map(({ name }) => name as string);
  const own = metrics.find(({ source, name }) => source.kind === 'up' && Object.hasOwn(values, name));
  if (own) throw invalid(`values.${own.name}: whether the process is up is said by "up", not by a value`, null);
  const strange = Object.keys(values).find((name) => !names.includes(name));
  if (strange === undefined) return;
  throw invalid(
    `values.${strange}: ${service} has no such metric`,
    didYouMean(strange, names) ?? `it has ${names.join(', ')}`,
  );
};

const numberOf = ({ name, unit }: MetricPolicy, given: number | string): number => {
  const parsed = thresholdIn(given, unit);
  if ('value' in parsed) return parsed.value;
  throw invalid(`values.${name}: ${parsed.wrong}`, null);
};

const readingOf = (metric: MetricPolicy, { values, traffic }: GivenValues, now: number): Reading => {
  const given = Object.hasOwn(values, metric.name) ? (values[metric.name] ?? null) : null;
  if (!traffic && needsTraffic(metric)) return { kind: 'absent', absence: 'too-little-traffic', since: now };
  // What only speaks of others has no value of its own to be given.
  if (
    given === null &&
    metric.curve.kind === 'expression' &&
    metric.source.kind === 'query' &&
    metric.source.promql === '0'
  )
    return { kind: 'value', value: 0, sampledAt: now };
  if (given === null) return { kind: 'absent', absence: 'missing', since: now };
  return { kind: 'value', value: numberOf(metric, given), sampledAt: now };
};

const observed = (policy: ServicePolicy, given: GivenValues, now: number): Observation => ({
  instance: standIn(policy),
  readings: new Map(
    policy.metrics
      .filter(({ source }) => source.kind !== 'up')
      .map((metric): [MetricName, Reading] => [metric.name, readingOf(metric, given, now)]),
  ),
  up: observedUp(given.up, now),
  requests: null,
  inFlight: null,
  processStartedAt: null,
  moving: new Set(),
});

/** As if it had been so long enough to count. */
const settled = (memory: InstanceMemory, policy: ServicePolicy): InstanceMemory => {
  const own = zoneOf(memory.last?.assessment.score ?? null, policy.scoring.zones);
  return { ...memory, zone: { ...memory.zone, zone: own } };
};

/** Throws a BallastError `INVALID_REQUEST` where a value is of no metric, or no value of it. */
export const simulate = (policy: ServicePolicy, given: GivenValues, now: number): Simulation => {
  refuseUnknown(policy, given.values);
  const observation = observed(policy, given, now);
  const { id } = observation.instance;
  const memory = settled(evaluate(newcomer(null, null, now), observation, null, policy, now), policy);
  const service = { instances: new Map([[id, memory]]) };
  const explanation = explain(service, id, policy, now);
  if (explanation === null || memory.last === null) throw new Error('an evaluation says something');
  const score = describe(memory, memory.last, policy, peersAmong(service));
  const { maxWeight, floor } = policy.traffic ?? trafficDefaults;
  const share = shareIn(score.zone, score.score, policy.scoring.zones, floor);
  return {
    service: policy.service,
    score: score.score,
    zone: score.zone,
    coverage: score.coverage,
    levels: score.levels,
    metrics: explanation.metrics,
    causes: score.causes.map(({ name }) => name),
    weight: share === null ? null : Math.round(share * maxWeight),
    maxWeight,
    sentence: `${policy.service} would be ${score.zone}: ${score.why}.`,
  };
};
