import { expect } from 'chai';
import fc from 'fast-check';
import { BallastError } from '../../../lib/errors.js';
import { allMetrics, noMetrics, rowsWithin } from '../../../engine/store/codec.js';
import type { Judged, Point } from '../../../engine/store/index.js';
import { decodeAggregates, encodeAggregates } from '../../../engine/store/spread-codec.js';
import {
  aggregateOf,
  coarser,
  gather,
  stepOf,
  together,
  type Aggregate,
  type Spread,
} from '../../../engine/store/spread.js';
import { HOUR_MS, MINUTE_MS } from '../../../engine/store/tiers.js';

const score = fc.option(fc.float({ min: 0, max: 100, noNaN: true }));
const point: fc.Arbitrary<Point> = fc.record({
  at: fc.integer({ min: 0, max: HOUR_MS - 1 }),
  zone: fc.constantFrom('green', 'yellow', 'red', 'unknown'),
  up: fc.constantFrom('up', 'down', 'unknown'),
  raw: score,
  smoothed: score,
  levels: fc.record({ app: score, system: score, gateway: score }),
  metrics: fc.tuple(
    fc.record({ status: fc.constantFrom('judged', 'stale'), value: score, penalty: score }),
    fc.record({ status: fc.constantFrom('held', 'empty'), value: score, penalty: score }),
  ),
});
const points = fc.array(point, { minLength: 1, maxLength: 40 });

const closeTo = (one: Spread | null, other: Spread | null, share: number): void => {
  expect(one === null).to.equal(other === null);
  for (const part of ['min', 'mean', 'max'] as const)
    expect(one?.[part] ?? 0).to.be.closeTo(other?.[part] ?? 0, Math.abs(other?.[part] ?? 0) * share + 1e-9);
};

describe('many evaluations as one', () => {
  it('have least, mean and largest, and count every evaluation', () => {
    const full = points.map((list) => list.map((each) => ({ ...each, raw: each.raw ?? 50 })));
    fc.assert(
      fc.property(full, (list) => {
        const one = together(list.map(aggregateOf));
        const scores = list.map(({ raw }) => raw);
        closeTo(
          one.raw,
          {
            min: Math.min(...scores),
            mean: scores.reduce((sum, value) => sum + value, 0) / scores.length,
            max: Math.max(...scores),
          },
          1e-9,
        );
        expect(one.evaluations).to.equal(list.length);
        for (const zone of ['green', 'yellow', 'red', 'unknown'] as const)
          expect(one.zones[zone]).to.equal(list.filter((each) => each.zone === zone).length);
      }),
    );
  });

  it('come to the same by minutes and then by the hour as at once', () => {
    const full = points.map((list) => list.map((each) => ({ ...each, raw: each.raw ?? 50 })));
    fc.assert(
      fc.property(full, (list) => {
        const single = list.map(aggregateOf);
        const [atOnce] = gather(single, HOUR_MS);
        const [bySteps] = gather(gather(single, MINUTE_MS), HOUR_MS);
        expect(bySteps?.evaluations).to.equal(atOnce?.evaluations);
        expect(bySteps?.zones).to.deep.equal(atOnce?.zones);
        closeTo(bySteps?.raw ?? null, atOnce?.raw ?? null, 1e-9);
      }),
    );
  });

  it('know no number where there was none: not zero, not infinite', () => {
    const none = { raw: null, smoothed: null, levels: { app: null, system: null, gateway: null } };
    const one: Point = {
      ...{ at: 1, zone: 'unknown', up: 'unknown', ...none },
      metrics: [{ status: 'not-a-number', value: Infinity, penalty: null }],
    };
    expect(gather([one, one].map(aggregateOf), MINUTE_MS)[0]).to.deep.include({ raw: null, evaluations: 2 });
    expect(aggregateOf(one).metrics[0]).to.deep.equal({ status: 'not-a-number', value: null, penalty: null });
  });

  it('stay apart by policy', () => {
    const judged = (policy: string): Judged => ({ service: 's', instance: 'i', policy, metrics: ['a', 'b'] });
    const at = (time: number): Aggregate => ({
      ...aggregateOf({
        ...{ at: time, zone: 'green', up: 'up', raw: 1, smoothed: 1, metrics: [] },
        levels: { app: 1, system: null, gateway: null },
      }),
    });
    const runs = coarser(
      [
        { judged: judged('p1'), aggregates: [at(0), at(5_000)] },
        { judged: judged('p2'), aggregates: [at(10_000)] },
        { judged: judged('p1'), aggregates: [at(15_000)] },
      ],
      MINUTE_MS,
    );
    expect(runs.map((run) => [run.judged.policy, run.aggregates[0]?.evaluations])).to.deep.equal([
      ['p1', 3],
      ['p2', 1],
    ]);
  });

  it('come back from their bytes, numbers to four digits', () => {
    fc.assert(
      fc.property(points, (list) => {
        const before = gather(list.map(aggregateOf), MINUTE_MS);
        const after = decodeAggregates(encodeAggregates(before, MINUTE_MS), { stepMs: MINUTE_MS, wanted: allMetrics });
        expect(after).to.have.length(before.length);
        before.forEach((each, i) => {
          const { at, evaluations, zones, ups } = each;
          expect(after[i]).to.deep.include({ at, evaluations, zones, ups });
          closeTo(after[i]?.raw ?? null, each.raw, 1e-4);
          each.metrics.forEach((metric, k) => {
            expect(after[i]?.metrics[k]?.status).to.equal(metric.status);
            closeTo(after[i]?.metrics[k]?.value ?? null, metric.value, 1e-4);
            closeTo(after[i]?.metrics[k]?.penalty ?? null, metric.penalty, 1e-4);
          });
        });
      }),
    );
  });

  it('come by coarser steps from their bytes as if put together afterwards', () => {
    const steps = fc.constantFrom(2, 7, 10, 60, 120).map((minutes) => minutes * MINUTE_MS);
    const rows = fc.tuple(fc.nat(59), fc.nat(60)).map(([from, to]) => ({ from: from * MINUTE_MS, to: to * MINUTE_MS }));
    fc.assert(
      fc.property(points, steps, rows, (list, intoMs, { from, to }) => {
        const bytes = encodeAggregates(gather(list.map(aggregateOf), MINUTE_MS), MINUTE_MS);
        const reading = { stepMs: MINUTE_MS, wanted: allMetrics, picked: rowsWithin(from, to) };
        const afterwards = gather(decodeAggregates(bytes, reading), intoMs);
        const atOnce = decodeAggregates(bytes, { ...reading, intoMs });
        expect(gather(atOnce, intoMs)).to.deep.equal(afterwards);
        expect(atOnce.map(({ at }) => stepOf(at, intoMs))).to.deep.equal(afterwards.map(({ at }) => at));
      }),
    );
  });

  it('leave the metrics unread that nobody asks for', () => {
    const [sample] = fc.sample(points, 1);
    const before = gather((sample ?? []).map(aggregateOf), MINUTE_MS);
    const bytes = encodeAggregates(before, MINUTE_MS);
    const second = decodeAggregates(bytes, { stepMs: MINUTE_MS, wanted: (place) => place === 1 });
    const full = decodeAggregates(bytes, { stepMs: MINUTE_MS, wanted: allMetrics });
    expect(second.map(({ metrics }) => metrics[1])).to.deep.equal(full.map(({ metrics }) => metrics[1]));
    for (const { metrics, raw } of decodeAggregates(bytes, { stepMs: MINUTE_MS, wanted: noMetrics })) {
      expect(raw === null || raw.mean >= 0).to.equal(true);
      expect(metrics).to.deep.equal([0, 1].map(() => ({ status: 'missing', value: null, penalty: null })));
    }
  });

  it('are points or a clear error, whatever happens to their bytes', () => {
    const [sample] = fc.sample(points, 1);
    const good = encodeAggregates(gather((sample ?? []).map(aggregateOf), MINUTE_MS), MINUTE_MS);
    fc.assert(
      fc.property(
        fc.nat(good.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.nat(good.length),
        (where, byte, cut) => {
          const bad = Buffer.from(good.subarray(0, cut));
          if (where < bad.length) bad[where] = byte;
          try {
            decodeAggregates(bad, { stepMs: MINUTE_MS, wanted: allMetrics });
          } catch (error) {
            expect(error).to.be.instanceOf(BallastError).with.property('code', 'HISTORY_DAMAGED');
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
