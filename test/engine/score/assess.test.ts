import { expect } from 'chai';
import fc from 'fast-check';
import type { Level, MetricPolicy, ScoringPolicy } from '../../../config/index.js';
import { assess } from '../../../engine/score/index.js';
import type { Assessment, Judgement } from '../../../engine/model.js';
import { gaugeNamed, judged } from '../../support/observations.js';
import { policyFor } from '../../support/policy.js';

const { scoring } = policyFor();
const of = (assessment: Assessment, level: Level) => {
  const found = assessment.levels.find((each) => each.level === level);
  if (found === undefined) throw new Error(`no level ${level}`);
  return found;
};
const points = (assessment: Assessment): number[] => assessment.judgements.map(({ pointsLost }) => pointsLost);

const up = gaugeNamed('process_up', { level: 'system', source: { kind: 'up' }, cap: 0, good: 1, critical: 0 });
const system = (name: string, change: Partial<MetricPolicy> = {}): MetricPolicy =>
  gaugeNamed(name, { level: 'system', ...change });

describe('weighted score of a level', () => {
  it('is the weighted mean of health, and each metric loses its share', () => {
    const a = gaugeNamed('a', { weight: 1 });
    const b = gaugeNamed('b', { weight: 3 });
    const result = assess([judged(a, 1), judged(b, 0.5)], scoring);
    expect(of(result, 'app')).deep.equal({ level: 'app', weighted: 37.5, score: 37.5, ceiling: null, coverage: 1 });
    expect(points(result)).deep.equal([25, 37.5]);
  });

  it('counts only metrics that have data', () => {
    const result = assess(
      [judged(gaugeNamed('a'), 0), judged(gaugeNamed('b'), 'empty'), judged(gaugeNamed('c'), 0.5)],
      scoring,
    );
    expect(of(result, 'app').score).equal(75);
  });

  it('counts too little traffic as covered and without penalty', () => {
    const result = assess([judged(gaugeNamed('a'), 'too-little-traffic'), judged(gaugeNamed('b'), 1)], scoring);
    expect(of(result, 'app')).include({ score: 50, coverage: 1 });
  });

  it('shows a metric in dry run and does not count it, nor its ceiling', () => {
    const result = assess(
      [judged(gaugeNamed('a'), 0.5), judged(gaugeNamed('b', { dryRun: true, cap: 0 }), 1)],
      scoring,
    );
    expect(of(result, 'app')).include({ score: 50, coverage: 1 });
    expect(points(result)).deep.equal([50, 0]);
  });

  it('gives a metric of weight 0 its ceiling alone', () => {
    const result = assess([judged(gaugeNamed('a', { weight: 0, cap: 30 }), 1)], scoring);
    expect(of(result, 'app')).include({ weighted: 100, score: 30, coverage: 1 });
  });
});

describe('ceilings', () => {
  it('bind at the lowest, in proportion to the penalty', () => {
    const result = assess(
      [
        judged(gaugeNamed('a', { cap: 20 }), 0.5),
        judged(gaugeNamed('b', { cap: 40 }), 1),
        judged(gaugeNamed('c', { weight: 8 }), 0),
      ],
      scoring,
    );
    expect(of(result, 'app')).deep.include({
      weighted: 85,
      score: 40,
      ceiling: { metric: 'b', at: 40, pointsLost: 45 },
    });
  });

  it('are no row where the weighted score is lower anyway', () => {
    expect(of(assess([judged(gaugeNamed('a', { cap: 20 }), 1)], scoring), 'app')).deep.include({
      score: 0,
      ceiling: null,
    });
  });
});

describe('the system level', () => {
  const fds = system('fds', { cap: 30 });
  const cpu = system('cpu', { weight: 0.5 });

  it('never falls under 50 by itself', () => {
    const result = of(assess([judged(up, 0), judged(fds, 1), judged(cpu, 1)], scoring), 'system');
    expect(result.score).equal(50);
    expect(result.weighted).closeTo(40, 1e-5);
  });

  it('shows the floor as a ceiling row of the other sign, so that the rows still add up', () => {
    const { weighted, score, ceiling } = of(assess([judged(fds, 1), judged(cpu, 1)], scoring), 'system');
    expect({ weighted, score, ceiling }).deep.equal({
      weighted: 0,
      score: 50,
      ceiling: { metric: 'system floor', at: 50, pointsLost: -50 },
    });
  });

  it('shows a ceiling that the floor lifts where it binds', () => {
    const result = of(
      assess([judged(up, 0), judged(fds, 1), judged(system('x', { weight: 8 }), 0)], scoring),
      'system',
    );
    expect(result.ceiling).deep.equal({ metric: 'fds', at: 50, pointsLost: 40 });
  });

  it('falls to 0 when the process is down', () => {
    const result = assess([judged(up, 1), judged(fds, 0), judged(cpu, 0)], scoring);
    expect(result).include({ score: 0, down: true });
  });

  it('is never red by itself where red begins above 50', () => {
    const strict: ScoringPolicy = { ...scoring, zones: { ...scoring.zones, criticalScore: 60 } };
    expect(assess([judged(fds, 1)], strict).score).equal(60);
  });
});

describe('combining levels', () => {
  const app = gaugeNamed('app');
  const judgements = [judged(app, 0.6), judged(system('node'), 0.2)];
  it('worst: the lowest level counts', () => expect(assess(judgements, scoring).score).closeTo(40, 1e-5));
  it('mean: by level weights', () => {
    const mean: ScoringPolicy = { ...scoring, combine: 'mean', levelWeights: { app: 3, system: 1, gateway: 1 } };
    expect(assess(judgements, mean).score).closeTo(50, 1e-5);
  });
  it('a level without data does not count', () => {
    expect(
      assess(
        [judged(app, 0.1), judged(system('node'), 0), judged(gaugeNamed('g', { level: 'gateway' }), 'missing')],
        scoring,
      ),
    ).include({ score: of(assess([judged(app, 0.1)], scoring), 'app').score });
  });
});

describe('coverage', () => {
  const weights = [0.4, 0.6] as const;
  const [a, b] = [gaugeNamed('a', { weight: weights[0] }), gaugeNamed('b', { weight: weights[1] })];

  it('is the share of the weight with data, and 60 % is enough where 60 % is asked', () => {
    expect(assess([judged(a, 'missing'), judged(b, 0)], scoring)).include({ coverage: 0.6, score: 100 });
    expect(assess([judged(a, 0), judged(b, 'stale')], scoring)).include({ coverage: 0.4, score: null });
  });

  it('does not count what was never exposed', () => {
    expect(assess([judged(a, 0), judged(b, 'never-exposed')], scoring)).include({ coverage: 1, score: 100 });
  });

  it('is 0 for a level of which nothing was ever exposed', () => {
    expect(assess([judged(a, 'never-exposed'), judged(b, 'never-exposed')], scoring)).include({
      coverage: 0,
      score: null,
    });
  });

  it('is by level: a node that is well does not vouch for an application that is not read', () => {
    const node = system('node', { weight: 3 });
    expect(assess([judged(a, 'missing'), judged(b, 'missing'), judged(node, 0), judged(up, 0)], scoring)).include({
      coverage: 0.5,
      score: null,
    });
  });

  it('stays enough when only the node exporter is gone', () => {
    const node = [system('cpu', { weight: 0.5 }), system('memory', { weight: 0.5 }), system('fds')];
    const result = assess(
      [judged(a, 0), judged(b, 1), judged(up, 0), ...node.map((each) => judged(each, 'missing'))],
      scoring,
    );
    expect(result.coverage).closeTo((1 + 1 / 3) / 2, 1e-9);
    expect(result.score).closeTo(40, 1e-5);
  });

  it('does not matter when the process is down', () => {
    expect(assess([judged(a, 'missing'), judged(b, 'missing'), judged(up, 1)], scoring)).include({
      score: 0,
      down: true,
    });
  });

  it('is 0 without any metric', () => {
    expect(assess([], scoring)).include({ coverage: 0, score: null, down: false });
  });
});

describe('properties of scores', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const outcome = fc.oneof(
    { weight: 8, arbitrary: share },
    { weight: 1, arbitrary: fc.constantFrom('missing' as const, 'too-little-traffic' as const) },
  );
  const metric = fc.record({
    level: fc.constantFrom<Level>('app', 'system', 'gateway'),
    source: fc.constantFrom<MetricPolicy['source']>({ kind: 'query', promql: 'x' }, { kind: 'up' }),
    weight: fc.double({ min: 0, max: 10, noNaN: true }),
    cap: fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
    dryRun: fc.boolean(),
  });
  const judgements: fc.Arbitrary<Judgement[]> = fc
    .array(fc.tuple(metric, outcome), { maxLength: 12 })
    .map((pairs) => pairs.map(([change, value], i) => judged(gaugeNamed(`m${i}`, change), value)));
  const combined = fc.constantFrom<ScoringPolicy>(scoring, { ...scoring, combine: 'mean' });

  it('rows add up exactly: 100 - points lost - ceiling = score', () => {
    fc.assert(
      fc.property(judgements, (all) => {
        const result = assess(all, scoring);
        for (const { level, score, weighted, ceiling } of result.levels) {
          const lost = result.judgements
            .filter((each) => each.metric.level === level)
            .map(({ pointsLost }) => pointsLost);
          const sum = lost.reduce((a, b) => a + b, 0);
          if (score === null) continue;
          expect(100 - sum).equal(weighted);
          expect(100 - sum - (ceiling?.pointsLost ?? 0)).equal(score);
          expect(lost.reduceRight((rest, each) => rest - each, 100 - (ceiling?.pointsLost ?? 0))).equal(score);
        }
      }),
    );
  });

  it('scores and points stay within 0 and 100', () => {
    fc.assert(
      fc.property(judgements, combined, (all, policy) => {
        const result = assess(all, policy);
        for (const each of [
          result.score,
          ...result.levels.flatMap(({ score, weighted }) => [score, weighted]),
          ...points(result),
        ])
          if (each !== null) expect(each).within(0, 100);
        expect(result.coverage).within(0, 1);
      }),
    );
  });

  it('the weighted score lies between the best and the worst metric', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 0.01, max: 10, noNaN: true }), share), { minLength: 1, maxLength: 8 }),
        (pairs) => {
          const { levels } = assess(
            pairs.map(([weight, p], i) => judged(gaugeNamed(`m${i}`, { weight }), p)),
            scoring,
          );
          const health = pairs.map(([, p]) => 100 * (1 - p));
          expect(levels[0]?.weighted).within(Math.min(...health) - 1e-5, Math.max(...health) + 1e-5);
        },
      ),
    );
  });

  it('lowering any penalty never lowers a score', () => {
    fc.assert(
      fc.property(judgements, fc.nat(), share, combined, (all, index, factor, policy) => {
        const better = all.map((each, i) =>
          i === index % Math.max(1, all.length) && each.status === 'judged'
            ? judged(each.metric, (each.penalty ?? 0) * factor)
            : each,
        );
        const [before, after] = [assess(all, policy), assess(better, policy)];
        after.levels.forEach(({ score }, i) => expect(score ?? -1).at.least(before.levels[i]?.score ?? -1));
        // That it is down is known without coverage; that it is well again, or how well, is not.
        if (after.score === null && before.down && !after.down) return;
        expect(after.score ?? -1).at.least(before.score ?? -1);
      }),
    );
  });
});

describe('combine: mean', () => {
  const mean: ScoringPolicy = { ...scoring, combine: 'mean', levelWeights: { app: 3, system: 1, gateway: 1 } };
  const app = gaugeNamed('a');
  const node = system('node');

  it('weighs the levels that have a score', () => {
    // (3 x 40 + 1 x 80) / 4
    expect(assess([judged(app, 0.6), judged(node, 0.2), judged(up, 0)], { ...mean }).score).closeTo(52.5, 1e-5);
    // Of the system (1 + 1) / 2 lose 0.2 / 2: 90; of the gateway 100: (90 + 100) / 2
    const gateway = gaugeNamed('g', { level: 'gateway' });
    const all = [judged(node, 0.2), judged(up, 0), judged(gateway, 0)];
    expect(assess(all, mean).score).closeTo(95, 1e-5);
  });

  it('gives a level of weight 0 no say', () => {
    const alone = { ...mean, levelWeights: { app: 1, system: 0, gateway: 0 } };
    expect(assess([judged(app, 0.3), judged(node, 1), judged(up, 0)], alone)).include({ score: 70, coverage: 1 });
  });

  it('is no mean of a process that is down: whoever still says otherwise speaks of the past', () => {
    const gateway = gaugeNamed('g', { level: 'gateway' });
    const all = [judged(app, 'missing'), judged(node, 0), judged(up, 1), judged(gateway, 0)];
    expect(assess(all, mean)).include({ score: 0, down: true });
    const mute = { ...mean, levelWeights: { app: 1, system: 0, gateway: 0 } };
    expect(assess(all, mute)).include({ score: 0, down: true });
  });
});

describe('properties of weights', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const metric = fc.record({
    level: fc.constantFrom<Level>('app', 'system'),
    weight: fc.integer({ min: 1, max: 64 }),
    cap: fc.option(fc.integer({ min: 0, max: 100 })),
  });
  const pairs = fc.array(fc.tuple(metric, share), { minLength: 1, maxLength: 10 });
  const build = (all: readonly (readonly [Partial<MetricPolicy>, number])[], scale = 1): Judgement[] =>
    all.map(([change, p], i) => judged(gaugeNamed(`m${i}`, { ...change, weight: (change.weight ?? 1) * scale }), p));
  const scoresOf = ({ levels, score }: Assessment) => [score, ...levels.map((level) => level.score)];
  const close = (a: readonly (number | null)[], b: readonly (number | null)[]): void =>
    a.forEach((value, i) => expect(value ?? -1).closeTo(b[i] ?? -1, 1e-5));

  it('their scale does not matter', () => {
    fc.assert(
      fc.property(pairs, fc.constantFrom(0.001, 0.1, 3, 1_000), (all, scale) => {
        close(scoresOf(assess(build(all, scale), scoring)), scoresOf(assess(build(all), scoring)));
      }),
    );
  });

  it('the order of metrics does not matter', () => {
    fc.assert(
      fc.property(pairs, fc.nat(), (all, seed) => {
        const judgements = build(all);
        const turned = [...judgements.slice(seed % all.length), ...judgements.slice(0, seed % all.length)].reverse();
        const [one, other] = [assess(judgements, scoring), assess(turned, scoring)];
        close(scoresOf(one), scoresOf(other));
        expect(other.coverage).closeTo(one.coverage, 1e-9);
        for (const { name, pointsLost } of one.judgements)
          expect(other.judgements.find((each) => each.name === name)?.pointsLost).closeTo(pointsLost, 1e-5);
      }),
    );
  });

  it('a metric that is good never lowers a score, one that is critical never raises it', () => {
    fc.assert(
      fc.property(pairs, metric, (all, added) => {
        const before = assess(build(all), scoring);
        const of = (p: number) => assess([...build(all), judged(gaugeNamed('more', added), p)], scoring);
        const level = ({ levels }: Assessment) => levels.find((each) => each.level === added.level)?.score ?? null;
        const own = level(before);
        if (own === null) return;
        expect(level(of(0)) ?? -1).at.least(own - 1e-5);
        expect(level(of(1)) ?? -1).at.most(own + 1e-5);
      }),
    );
  });
});
