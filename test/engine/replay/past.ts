/** Recorded histories, made up: policies of every kind, and points as an engine might have left them. */
import fc from 'fast-check';
import type { ServicePolicy } from '../../../config/index.js';
import type { PastPolicy } from '../../../engine/replay/recorded-policy.js';
import { readPolicy } from '../../../engine/replay/recorded-policy.js';
import { encodeChunk } from '../../../engine/store/codec.js';
import { decodeColumns } from '../../../engine/store/point-columns.js';
import type { Stretch, Point, PointMetric } from '../../../engine/store/index.js';
import { policyFor } from '../../support/policy.js';

export const pastOf = (policy: ServicePolicy): PastPolicy => {
  const past = readPolicy({ hash: policy.hash, body: JSON.stringify(policy) });
  if (past === null) throw new Error('a policy of today can be read');
  return past;
};

/** Points as the store would give them back. */
export const partOf = (policy: ServicePolicy, points: readonly Point[]): Stretch => ({
  policy: policy.hash,
  metrics: policy.metrics.map(({ name }) => name),
  columns: decodeColumns(encodeChunk(points)),
});

const sources = [
  'query: g%',
  'query: g%, min_traffic: {query: t, at_least: 1}',
  'ratio: {bad: b%, total: t%}',
  'stall: {in_flight: f%, completed: c%}',
];

const metricText = fc.record({
  source: fc.nat(sources.length - 1),
  level: fc.constantFrom('app', 'system'),
  good: fc.integer({ min: -3, max: 3 }),
  band: fc.constantFrom(-4, -1, 0.5, 2, 10),
  weight: fc.constantFrom(0.1, 0.2, 0.3, 1, 7),
  cap: fc.constantFrom(null, 0, 20, 45, 90),
  curve: fc.constantFrom('linear', '{decay: {half_life: 7s}}', '{decay: {half_life: 1m}}'),
  dryRun: fc.boolean(),
});

const policyText = fc.record({
  metrics: fc.array(metricText, { minLength: 1, maxLength: 6 }),
  up: fc.constantFrom(
    '',
    'up: {level: system, up: true, weight: 1, cap: 0}',
    'up: {level: app, up: true, weight: 0.3}',
  ),
  fall: fc.integer({ min: 1, max: 4 }),
  rise: fc.integer({ min: 1, max: 3 }),
  critical: fc.constantFrom(20, 50, 70),
  coverage: fc.constantFrom('0%', '30%', '60%', '100%'),
  combine: fc.constantFrom('worst', 'mean'),
  blackout: fc.constantFrom('0s', '4s', '20s'),
});

/** Two service files with the same queries: the one that was in force, and the candidate. */
export const anyPolicies: fc.Arbitrary<{ readonly was: ServicePolicy; readonly is: ServicePolicy }> = fc
  .tuple(policyText, policyText)
  .map(([was, other]) => {
    const is = was.metrics.map(({ source, level, band }, i) => {
      const chosen = other.metrics[i % other.metrics.length] ?? was.metrics[0];
      // A gauge's direction is part of what was recorded.
      return { ...chosen, source, level, band: Math.sign(band) * Math.abs(chosen?.band ?? 1) };
    });
    return { was: policyOf(was), is: policyOf({ ...other, metrics: is, up: was.up }) };
  });

const policyOf = ({
  metrics,
  up,
  fall,
  rise,
  critical,
  coverage,
  combine,
  blackout,
}: {
  readonly metrics: readonly Partial<{
    source: number;
    level: string;
    good: number;
    band: number;
    weight: number;
    cap: number | null;
    curve: string;
    dryRun: boolean;
  }>[];
  readonly up: string;
  readonly fall: number;
  readonly rise: number;
  readonly critical: number;
  readonly coverage: string;
  readonly combine: string;
  readonly blackout: string;
}): ServicePolicy => {
  const lines = metrics.map(({ source = 0, level, good = 0, band = 1, weight, cap, curve, dryRun }, i) => {
    const small = source < 2 ? 1 : 0.05;
    const [from, to] = [(good + 3) * small, (good + 3 + (source < 2 ? band : Math.abs(band))) * small];
    const what = sources[source]?.replaceAll('%', String(i)) ?? '';
    const capped = cap === null || cap === undefined ? '' : `, cap: ${cap}`;
    return `  m${i}: {level: ${level}, ${what}, good: ${from}, critical: ${to}, unit: none, weight: ${weight}${capped}, curve: ${curve}, dry_run: ${dryRun}}`;
  });
  return policyFor(
    [
      'service: checkout',
      'scrape: {interval: 1s}',
      'system: {url: "http://x/metrics"}',
      `zones: {fall: ${fall}, rise: ${rise}, critical_score: ${critical}, min_coverage: ${coverage}}`,
      `scoring: {combine: ${combine}, blackout: ${blackout}}`,
      'metrics:',
      ...lines,
      ...(up === '' ? [] : [`  ${up}`]),
    ].join('\n'),
  );
};

const status = fc.constantFrom<PointMetric['status']>(
  ...(['judged', 'judged', 'judged', 'judged', 'held', 'never-exposed', 'empty', 'missing', 'stale'] as const),
  ...(['not-a-number', 'warming-up', 'too-little-traffic', 'ambiguous'] as const),
);

const metricPoint = fc
  .record({ status, value: fc.integer({ min: -5, max: 12 }) })
  .map(({ status: word, value }): PointMetric => {
    const there = word === 'judged' || word === 'held';
    return { status: word, value: there ? value : null, penalty: there ? 0.5 : null };
  });

/** Points of one instance: as a rule a second apart, sometimes longer, sometimes in its first seconds. */
export const anyPoints = (policy: ServicePolicy): fc.Arbitrary<readonly Point[]> =>
  fc
    .array(
      fc.record({
        afterMs: fc.constantFrom(1_000, 1_000, 1_000, 1_000, 2_000, 3_000, 4_000, 9_000),
        up: fc.constantFrom<Point['up']>('up', 'up', 'up', 'down', 'unknown'),
        zone: fc.constantFrom<Point['zone']>('green', 'yellow', 'red', 'unknown'),
        young: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
        metrics: fc.array(metricPoint, { minLength: policy.metrics.length, maxLength: policy.metrics.length }),
      }),
      { minLength: 1, maxLength: 40 },
    )
    .map((points) => {
      let at = 1_000_000;
      return points.map(({ afterMs, up, zone, young, metrics }): Point => {
        at += afterMs;
        const levels = { app: null, system: null, gateway: null };
        return { at, zone, up, raw: 70, smoothed: young ? null : 70, levels, metrics };
      });
    });
